/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moments and answers are of states that the reader calls final. Two rounds bring that up to what had been published when somebody
 * asked. Of an image whose recording is stopped there are no moments.
 *
 * Recording is switched by a flag that each event looks at. What a thread was about to tell when it was switched off is forgotten
 * when it is switched on again.
 */
#include "cmd/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "base/bytes.h"
#include "cmd/leaks.h"
#include "cmd/looks.h"
#include "cmd/writers.h"
#include "record/procfs.h"

enum { SEND_S = 10 }; /* that an asker may let us wait while it takes a snapshot */

static struct wire_process *shared_of(const struct collector *collector, const struct reader_process *process)
{
	return &collector->pool->processes[process->index];
}

static bool is_recorded(const struct collector *collector, const struct reader_process *process)
{
	return process->said_hello && !process->ended && !(shared_of(collector, process)->flags & WIRE_FLAG_STOPPED);
}

static void catch_up(struct collector *collector)
{
	collector_read(collector);
	collector_read(collector);
}

void serve_signals(const struct snapshot_at *at)
{
	for (size_t i = 0; i < at->n_signals; i++)
		target_keep_signal(at->signals[i]->number);
}

/* Several that came at once are one moment: nothing lies between them. */
static void serve_signal(struct collector *collector, const struct signal_rule *rule)
{
	if (!target_kept_signals(rule->number))
		return;
	catch_up(collector);
	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (is_recorded(collector, process))
			moments_take(process->image, rule->name);
	}
}

/* The process of PID; of our own pid, the one that `run` waits for, or what there is. */
static struct reader_process *find(struct collector *collector, int32_t pid)
{
	struct reader_process *found = NULL;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (!process->said_hello || process->ended)
			continue;
		if (process->image->pid == pid)
			return process;
		if (pid == getpid() && (!found || process->waited_for))
			found = process;
	}
	return found;
}

static bool is_mine(struct collector *collector, const struct control_request *request)
{
	struct procfs_process process;

	if (request->start && procfs_look(request->pid, &process) && process.start != request->start)
		return false;
	if (!find(collector, request->pid))
		collector_read(collector);
	return find(collector, request->pid);
}

static void answer_status(struct collector *collector, struct reader_process *process, int fd)
{
	const struct wire_process *shared = shared_of(collector, process);
	struct image *image = process->image;
	struct ledger *ledger = &image->ledger;
	struct control_status status = {
		.pid = image->pid, .parent_pid = image->parent_pid, .collector_pid = getpid(), .image = image->number,
		.recording = is_recorded(collector, process), .started_ns = image->started_ns,
		.frames_limit = shared->frames_limit, .follows = image->follows.count,
		.rss = resident_bytes(image->pid), .events = image->events, .events_lost = shared->lost_events,
		.unknown_frees = image->unknown_frees, .cut_stacks = shared->cut_stacks,
		.tracer_memory = shared->tracer_memory, .collector_memory = resident_bytes(getpid()),
		.file = collector_file(collector, image),
	};
	struct buffer body = {0};

	ledger_settle(ledger);
	if (status.recording) {
		status.current = ledger->allocated.size - ledger->freed.size;
		status.current_count = ledger->allocated.count - ledger->freed.count;
		status.peak = ledger->peak.size;
		status.peak_count = ledger->peak.count;
		status.total_size = ledger->allocated.size;
		status.total_count = ledger->allocated.count;
	}
	for (size_t i = 0; i < image->command.count; i++)
		*ARRAY_PUSH(&status.command) = xstrdup(image->command.items[i]);
	for (size_t i = 0; i < image->moments.kept.count; i++)
		*ARRAY_PUSH(&status.moments) = xstrdup(image->moments.kept.items[i].label);
	control_status_encode(&status, &body);
	control_answer(fd, CONTROL_DONE, body.data, body.size);
	control_status_free(&status);
	buffer_free(&body);
}

static void send_snapshot(struct collector *collector, struct reader_process *process, int fd)
{
	const struct timeval limit = {.tv_sec = SEND_S};
	struct snapshot *snapshot = collector_snapshot(collector, process, false);
	struct error err = ERROR_INIT;
	struct buffer bytes = {0};

	fcntl(fd, F_SETFL, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (snapshot_sum(snapshot, &err) < 0 || snapshot_check(snapshot, &err) < 0) {
		err.status = EXIT_MEMTRACE_FAILED;
		control_fail(fd, &err);
		return;
	}
	snapshot_encode(snapshot, &bytes);
	control_answer(fd, CONTROL_DONE, bytes.data, bytes.size);
	/* A helper of the symbolizer's may live on with the socket in its hands. */
	shutdown(fd, SHUT_RDWR);
}

/* With --transport pipe frees are told late, and what is free would seem lost. */
static struct leak_scan *copy_for_leaks(struct collector *collector, struct reader_process *process, struct error *err)
{
	if (collector->pool->head->transport == WIRE_TRANSPORT_RING)
		return leaks_copy(collector, process, 0, err);
	error_status(err, EXIT_MEMTRACE_FAILED, "process %d tells by --transport pipe, which is always a little behind",
		process->image->pid);
	error_hint(err, "memtrace run --leaks looks for leaks at its exit, by either transport");
	return NULL;
}

static int answer_snapshot(struct collector *collector, struct reader_process *process,
	const struct control_request *request, int fd, struct error *err)
{
	struct leak_scan *scan = NULL;
	pid_t child;

	if (!is_recorded(collector, process)) {
		error_set(err, "recording of process %d is stopped: there is nothing to take a snapshot of", process->image->pid);
		return error_hint(err, "memtrace ctl %d start", process->image->pid);
	}
	if (*request->label && moments_label(process->image, request->label, err) < 0)
		return -1;
	control_answer(fd, CONTROL_WORKING, NULL, 0);
	looks_now(collector, process);
	if (request->verb == CONTROL_LEAKS && !(scan = copy_for_leaks(collector, process, err)))
		return -1;
	child = writers_fork(collector);
	if (child != 0)
		leaks_free(scan);
	if (child < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot start a process that writes the snapshot");
	if (child > 0)
		return 0;
	writers_give_way();
	control_close(&collector->control);
	if (scan)
		leaks_find(scan, process->image);
	send_snapshot(collector, process, fd);
	_exit(0);
}

/* All that was told before has been read, but for what --transport pipe holds back on its way: there each event has its own tick,
 * and those of rings may be out of date. */
static void forget(struct collector *collector, struct reader_process *process)
{
	const struct wire_process *shared = shared_of(collector, process);
	uint64_t now = shared->clock == WIRE_CLOCK_SEQUENCE ? shared->sequence : pool_now();

	reader_forget(process, collector->pool->head->transport == WIRE_TRANSPORT_PIPE ? now : 0);
}

static void switch_recording(struct collector *collector, struct reader_process *process, bool on)
{
	struct wire_process *shared = shared_of(collector, process);

	if (is_recorded(collector, process) == on)
		return;
	if (!on)
		atomic_fetch_or(&shared->flags, WIRE_FLAG_STOPPED);
	catch_up(collector);
	forget(collector, process);
	if (on)
		atomic_fetch_and(&shared->flags, ~(uint32_t)WIRE_FLAG_STOPPED);
}

/* The answer comes with the end. */
static int detach(struct collector *collector, const struct reader_process *process, int fd, struct error *err)
{
	int32_t pid = process->image->pid, attached = collector->target->pid;

	if (!collector->target->adopted) {
		error_status(err, EXIT_MEMTRACE_FAILED, "process %d was started under memtrace, which stays with it to its end", pid);
		return error_hint(err, "to record nothing from now on: memtrace ctl %d stop", pid);
	}
	if (pid != attached) {
		error_status(err, EXIT_MEMTRACE_FAILED, "process %d is watched because it comes from process %d", pid, attached);
		return error_hint(err, "memtrace detach %d", attached);
	}
	control_answer(fd, CONTROL_WORKING, NULL, 0);
	*ARRAY_PUSH(&collector->detaching) = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	target_ask_to_leave();
	return 0;
}

static int act(struct collector *collector, struct reader_process *process, const struct control_request *request, int fd,
	struct error *err)
{
	bool recorded = is_recorded(collector, process);

	switch ((enum control_verb)request->verb) {
	case CONTROL_STATUS:
		answer_status(collector, process, fd);
		return 0;
	case CONTROL_SNAPSHOT:
	case CONTROL_LEAKS:
		return answer_snapshot(collector, process, request, fd, err);
	case CONTROL_DETACH:
		return detach(collector, process, fd, err);
	case CONTROL_START:
	case CONTROL_STOP:
		switch_recording(collector, process, request->verb == CONTROL_START);
		break;
	case CONTROL_CLEAR:
		if (recorded)
			forget(collector, process);
		break;
	case CONTROL_RESET_PEAK:
		if (recorded)
			ledger_reset_peak(&process->image->ledger);
		break;
	default:
		return error_status(err, EXIT_MEMTRACE_FAILED, "the collector does not know what was asked");
	}
	control_answer(fd, CONTROL_DONE, NULL, 0);
	return 0;
}

/* A process may end, or become another image, while we catch up. */
static void answer(struct collector *collector, const struct control_request *request, int fd)
{
	struct error err = ERROR_INIT;
	struct reader_process *process;
	int result;

	if (!is_mine(collector, request)) {
		control_answer(fd, CONTROL_NOT_MINE, NULL, 0);
		return;
	}
	catch_up(collector);
	process = find(collector, request->pid);
	if (!process)
		result = error_set(&err, "process %d has ended", request->pid);
	else
		result = act(collector, process, request, fd, &err);
	if (result < 0)
		control_fail(fd, &err);
}

void serve(struct collector *collector, uint64_t now_ns)
{
	const struct snapshot_at *at = &collector->options->at;
	struct control_request request;
	int fd;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (is_recorded(collector, process))
			moments_tick(process->image, now_ns);
		if (!process->ended)
			timeline_tick(process->image, now_ns);
	}
	for (size_t i = 0; i < at->n_signals; i++)
		serve_signal(collector, at->signals[i]);
	while (writers_can_fork(collector) && (fd = control_next(&collector->control, now_ns, &request)) >= 0) {
		answer(collector, &request, fd);
		close(fd);
	}
}
