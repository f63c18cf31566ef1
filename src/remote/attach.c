/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See attach.h. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "memtrace/wire.h"
#include "remote/attach.h"
#include "remote/errand.h"
#include "remote/filters.h"
#include "remote/haven.h"
#include "remote/knock.h"
#include "remote/parcel.h"
#include "remote/status.h"
#include "remote/step.h"

enum { STOP_MS = 50, STOP_ALL_MS = 200 /* a thread that waits for a processor takes so long */, ERRAND_MS = 10000, QUIET_TRIES = 400, NOW_LOCAL = 2 /* RTLD_NOW | RTLD_LOCAL */, PAUSE_NS = 100000 };

struct work {
	struct process process;
	struct haven haven;
	uint64_t deadline;
	struct process_thread *thread; /* that runs errands: stopped */
	int watched;                   /* 1: by seccomp filters, which allow what is to be done */
	int descriptors[2];            /* of the pool, for a process that cannot fetch them */
	uint64_t held_from, held_ns;   /* all threads: since when, and how long before */
};

static int open_work(struct work *work, pid_t pid, unsigned int patience_ms, struct error *err)
{
	memset(work, 0, sizeof *work);
	work->deadline = clock_ns(CLOCK_MONOTONIC) + patience_ms * 1000000ull;
	if (process_seize(&work->process, pid, err) < 0)
		return status_explain(pid, err);
	step_done(STEP_SEIZED);
	return haven_open(&work->haven, pid, err);
}

static void close_work(struct work *work)
{
	process_release(&work->process);
	step_done(STEP_RELEASED);
	haven_close(&work->haven);
}

static bool is_late(const struct work *work)
{
	return clock_ns(CLOCK_MONOTONIC) > work->deadline;
}

/* Neither in step with the program, nor without rest for it; the longer it takes, the more. */
static void pause_a_little(struct work *work, unsigned int round)
{
	struct timespec time = { .tv_nsec = PAUSE_NS * (1 + (long)(round < 40 ? round : 40)) +
		(long)(round * 7919 % 13) * 20000 };

	nanosleep(&time, NULL);
	process_serve(&work->process);
}

/* True: a job-control stop, which may have come since we began, holds it, and ERR says so. */
static bool refuse_stopped(const struct work *work, struct error *err)
{
	pid_t pid = work->process.pid;

	for (size_t i = 0; i < work->process.threads.count; i++)
		if (work->process.threads.items[i].state == THREAD_IN_GROUP) {
			error_status(err, EXIT_MEMTRACE_FAILED, "process %d is stopped", (int)pid);
			error_hint(err, "let it run first: kill -CONT %d", (int)pid);
			return true;
		}
	return false;
}

static int refuse_busy(struct work *work, struct error *err)
{
	for (size_t i = 0; i < work->process.threads.count; i++)
		thread_stop(&work->process.threads.items[i], STOP_MS);
	if (refuse_stopped(work, err))
		return -1;
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: no thread of it stands where it could load a library "
		"without harm", (int)work->process.pid);
	return error_hint(err, "its threads are in malloc, in the dynamic loader or on stacks of their own all the time: try again");
}

/* Leaves one thread stopped where it may call functions of libc. */
static int find_haven(struct work *work, struct error *err)
{
	for (unsigned int round = 0; !is_late(work); round++) {
		bool lives = false;

		for (size_t i = 0; i < work->process.threads.count; i++) {
			struct process_thread *thread = &work->process.threads.items[i];

			if (!thread_stop(thread, STOP_MS))
				continue;
			lives = true;
			step_done(STEP_STOPPED);
			if (haven_is_free(&work->haven, thread)) {
				work->thread = thread;
				return 0;
			}
			thread_go(thread, THREAD_FREELY);
		}
		if (!lives && !process_lives(&work->process))
			return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended", (int)work->process.pid);
		pause_a_little(work, round);
	}
	return refuse_busy(work, err);
}

static int run_errand(struct work *work, struct errand *errand, struct error *err)
{
	bool begun;

	errand->returner = work->haven.returner;
	return errand_run(&work->process, work->thread, errand, ERRAND_MS, &begun, err);
}

static int call_libc(struct work *work, const char *name, const char *text, uint64_t first, uint64_t second, struct error *err)
{
	struct errand errand = { .function = names_find(&work->haven.libc, name), .data = text,
		.data_size = text ? strlen(text) + 1 : 0, .first = first, .argument = second };

	if (!errand.function)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: its libc has no %s",
			(int)work->process.pid, name);
	return run_errand(work, &errand, err);
}

/* Where the program's mount namespace does not show the library, or its user may not read it: a file without a name in the program itself,
 * filled by us. */
static int load_parcel(struct work *work, const char *shim, struct error *err)
{
	char path[64];
	int fd;

	if (call_libc(work, "memfd_create", PARCEL_NAME, 0, 1 /* MFD_CLOEXEC */, err) < 0)
		return -1;
	fd = parcel_find(work->process.pid);
	if (fd < 0 || parcel_fill(work->process.pid, fd, shim) < 0) {
		error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: cannot lay the library into it: %s",
			(int)work->process.pid, strerror(errno));
		if (fd >= 0)
			call_libc(work, "close", NULL, (uint64_t)fd, 0, &(struct error)ERROR_INIT);
		return -1;
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (call_libc(work, "dlopen", path, 0, NOW_LOCAL, err) < 0)
		return -1;
	return call_libc(work, "close", NULL, (uint64_t)fd, 0, err);
}

static bool is_loaded(const struct work *work)
{
	return work->haven.own.end > work->haven.own.start;
}

static int load_by(struct work *work, const char *shim, bool parcel, struct attach_report *report, struct error *err)
{
	uint64_t begin;
	int result;

	if (find_haven(work, err) < 0)
		return -1;
	begin = clock_ns(CLOCK_MONOTONIC);
	if (parcel)
		result = load_parcel(work, shim, err);
	else
		result = call_libc(work, "dlopen", shim, 0, NOW_LOCAL, err);
	report->load_ns += clock_ns(CLOCK_MONOTONIC) - begin;
	if (result < 0)
		return -1;
	thread_go(work->thread, THREAD_FREELY);
	return haven_again(&work->haven, err);
}

static int load(struct work *work, const char *shim, struct attach_report *report, struct error *err)
{
	if (is_loaded(work))
		return 0;
	if (parcel_is_seen(work->process.pid, shim) && load_by(work, shim, false, report, err) < 0)
		return -1;
	if (!is_loaded(work) && load_by(work, shim, true, report, err) < 0)
		return -1;
	if (is_loaded(work))
		return 0;
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: its dynamic loader does not load %s",
		(int)work->process.pid, shim);
	return error_hint(err, "see what it says: LD_PRELOAD=%s /bin/true", shim);
}

/* All are stopped: does none stand in the way? */
static bool is_quiet(struct work *work, bool *alone)
{
	bool quiet = true;

	*alone = true;
	for (size_t i = 0; i < work->process.threads.count; i++) {
		struct process_thread *thread = &work->process.threads.items[i];
		enum haven_place place;

		if (thread->state == THREAD_GONE)
			continue;
		place = haven_place(&work->haven, thread);
		quiet &= place == HAVEN_ELSEWHERE;
		*alone &= place != HAVEN_IN_OWN;
	}
	return quiet;
}

static struct process_thread *find_room(struct work *work)
{
	for (size_t i = 0; i < work->process.threads.count; i++)
		if (haven_has_room(&work->haven, &work->process.threads.items[i]))
			return &work->process.threads.items[i];
	return NULL;
}

static void go_on(struct work *work)
{
	process_go(&work->process);
	work->held_ns += clock_ns(CLOCK_MONOTONIC) - work->held_from;
}

/* Stops all threads with one that can run an errand; *ALONE: none is in the library, which is worth some tries. */
static int stop_all(struct work *work, unsigned int tries, bool *alone, struct error *err)
{
	bool quiet, late;

	for (unsigned int round = 0;; round++) {
		work->held_from = clock_ns(CLOCK_MONOTONIC);
		if (process_stop(&work->process, STOP_ALL_MS, err) < 0) {
			if (is_late(work) || !process_lives(&work->process))
				return -1;
			pause_a_little(work, round);
			continue;
		}
		step_done(STEP_STOPPED);
		quiet = is_quiet(work, alone);
		work->thread = find_room(work);
		if (work->thread && (quiet || round >= tries))
			return 0;
		late = is_late(work);
		if (late && !refuse_stopped(work, err))
			error_status(err, EXIT_MEMTRACE_FAILED,
				"process %d has no thread with room on its stack for a call", (int)work->process.pid);
		go_on(work);
		if (late)
			return -1;
		pause_a_little(work, round);
	}
}

static void send_descriptors(void *data, uint32_t door)
{
	const struct work *work = data;

	knock_answer(work->process.pid, (int)door - 1, work->descriptors);
}

static int deliver(struct work *work, const char *function, struct wire_join letter, struct attach_report *report,
	struct error *err)
{
	struct wire_join answer = { 0 };
	const struct maps_entry *own = maps_find(&work->haven.maps, work->haven.own.start);
	struct errand errand = { .data = &letter, .data_size = sizeof letter,
		.tells_at = offsetof(struct wire_join, result), .asks_at = offsetof(struct wire_join, door), .asked = send_descriptors,
		.asked_data = work, .result = &answer };
	struct names names;
	bool alone, is_first;
	int result;

	/* The first of leaving's two only has others come out. */
	is_first = !letter.channel[0] && !(letter.flags & WIRE_JOIN_LAST);
	letter.version = WIRE_VERSION;
	if (own && names_read(&names, work->process.pid, &work->haven.maps, own))
		errand.function = names_find(&names, function);
	names_free(&names);
	if (!errand.function)
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has another build of memtrace's library in it",
			(int)work->process.pid);
	if (stop_all(work, is_first ? 1 : QUIET_TRIES, &alone, err) < 0)
		return -1;
	letter.flags |= (alone ? WIRE_JOIN_ALONE : 0) | (work->watched ? WIRE_JOIN_CONFINED : 0);
	result = run_errand(work, &errand, err);
	report->before = status_anonymous(work->process.pid);
	go_on(work);
	report->held_ns = work->held_ns;
	report->bound += answer.bound;
	report->deaf = answer.deaf;
	return result < 0 ? -1 : (int)answer.result;
}

static int explain(pid_t pid, int result, struct error *err)
{
	static const char *const reasons[] = {
		[WIRE_JOIN_NOTHING] = "its library did not answer",
		[WIRE_JOIN_VERSION] = "another build of memtrace's library is in it",
		[WIRE_JOIN_TRACED] = "it is traced already",
		[WIRE_JOIN_OWN_MALLOC] = "it brings its own malloc, which an injected library cannot watch",
		[WIRE_JOIN_NO_CHANNEL] = "memtrace's shared memory cannot be reached from there (another user, or a container)",
		[WIRE_JOIN_CANNOT] = "it has no memory to spare, has locked itself in, or its glibc is older than 2.35",
	};

	if (result == WIRE_JOIN_DONE)
		return 0;
	if (result < 0)
		return -1;
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: %s", (int)pid,
		reasons[result < WIRE_JOIN_CANNOT ? result : WIRE_JOIN_CANNOT]);
}

/* Before anything is done to it. */
static int ask_filters(struct work *work, struct error *err)
{
	work->watched = filters_judge(&work->process, err);
	return work->watched < 0 ? -1 : 0;
}

/* Our own, which the channel names (pool_environment). */
static bool read_descriptors(struct work *work, const char *channel)
{
	return sscanf(channel, "%*d:%*d:%d:%*u:%d:", &work->descriptors[0], &work->descriptors[1]) == 2;
}

int attach_join(pid_t pid, const char *shim, const char *channel, unsigned int patience_ms, struct attach_report *report,
	struct error *err)
{
	struct wire_join letter = { 0 };
	struct work work;
	int result = -1;

	memset(report, 0, sizeof *report);
	snprintf(letter.channel, sizeof letter.channel, "%s", channel);
	if (open_work(&work, pid, patience_ms, err) == 0 && ask_filters(&work, err) == 0 && read_descriptors(&work, channel) &&
		load(&work, shim, report, err) == 0)
		result = explain(pid, deliver(&work, "memtrace_join", letter, report, err), err);
	close_work(&work);
	return result;
}

/* Only when nobody comes in any more do all get out. */
static int leave(struct work *work, struct attach_report *report, struct error *err)
{
	pid_t pid = work->process.pid;

	if (explain(pid, deliver(work, "memtrace_leave", (struct wire_join){ 0 }, report, err), err) < 0)
		return -1;
	pause_a_little(work, 0);
	return explain(pid, deliver(work, "memtrace_leave", (struct wire_join){ .flags = WIRE_JOIN_LAST }, report, err), err);
}

int attach_leave(pid_t pid, unsigned int patience_ms, struct attach_report *report, struct error *err)
{
	struct work work;
	int result = -1;

	memset(report, 0, sizeof *report);
	if (open_work(&work, pid, patience_ms, err) == 0 && ask_filters(&work, err) == 0)
		result = is_loaded(&work) ? leave(&work, report, err) : 0;
	close_work(&work);
	return result;
}
