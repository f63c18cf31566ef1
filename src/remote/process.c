/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See process.h. Waiting is asking, whenever SIGCHLD has come, which each stop sends, and now and then: a thread may never stop (a
 * vfork's parent, a dead file server), and other threads want their signals meanwhile. SIGCHLD is held back meanwhile; one that was
 * another child's is taken, too.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include "base/clock.h"
#include "remote/process.h"

#define FIRST_STEP_NS 200000ul
#define LAST_STEP_NS 5000000ul
enum { PASSES = 1000, FIRST_MS = 100, RELEASE_MS = 20000, BURY_MS = 1000 };

static bool is_stopped(const struct process_thread *thread)
{
	return thread->state != THREAD_RUNS && thread->state != THREAD_GONE;
}

/* What STATUS of waitpid says. */
static void take_status(struct process_thread *thread, int status)
{
	int event = status >> 16, number = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

	thread->signal = 0;
	if (!WIFSTOPPED(status)) {
		thread->state = THREAD_GONE;
	} else if (event == PTRACE_EVENT_STOP) {
		thread->state = number == SIGTRAP ? THREAD_STOPPED : THREAD_IN_GROUP;
	} else if (number == (SIGTRAP | 0x80)) {
		thread->state = THREAD_AT_SYSCALL;
	} else {
		thread->state = THREAD_AT_SIGNAL;
		thread->signal = number;
	}
}

/* Whether it is over, and its status still to be had. */
static bool has_ended(const struct process_thread *thread)
{
	siginfo_t info = { 0 };

	/* Stops of those who are traced come unasked. */
	return waitid(P_PID, (id_t)thread->tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid &&
	       (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED);
}

/* Whether it has stopped or gone by now. */
static bool poll_thread(struct process_thread *thread)
{
	int status;
	pid_t got;

	if (thread->state != THREAD_RUNS)
		return true;
	if (thread->kept && has_ended(thread)) {
		thread->state = THREAD_GONE;
		return true;
	}
	do
		got = waitpid(thread->tid, &status, __WALL | WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		thread->state = THREAD_GONE;
	else if (got > 0)
		take_status(thread, status);
	return got != 0;
}

void thread_go(struct process_thread *thread, enum thread_pace pace)
{
	int request = pace == THREAD_BY_SYSCALL ? PTRACE_SYSCALL : PTRACE_CONT;

	if (!is_stopped(thread))
		return;
	/* One in a job-control stop must stay in it. */
	if (thread->state == THREAD_IN_GROUP)
		request = PTRACE_LISTEN;
	thread->state = ptrace(request, thread->tid, NULL, (long)thread->signal) < 0 ? THREAD_GONE : THREAD_RUNS;
	thread->signal = 0;
}

static void hold_children(sigset_t *before)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, before);
}

static void rest(unsigned long *step_ns)
{
	struct timespec time = { .tv_nsec = (long)*step_ns };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &time);
	*step_ns = *step_ns * 2 < LAST_STEP_NS ? *step_ns * 2 : LAST_STEP_NS;
}

static uint64_t deadline_after(unsigned int ms)
{
	return clock_ns(CLOCK_MONOTONIC) + ms * 1000000ull;
}

/* Signals of all but THREAD. */
static void serve_others(struct process *process, const struct process_thread *thread)
{
	for (size_t i = 0; process && i < process->threads.count; i++) {
		struct process_thread *other = &process->threads.items[i];

		if (other != thread && other->state == THREAD_RUNS && poll_thread(other) && other->state != THREAD_GONE)
			thread_go(other, THREAD_FREELY);
	}
}

void thread_look(struct process *process, struct process_thread *thread, unsigned long ns)
{
	sigset_t before;

	hold_children(&before);
	if (!poll_thread(thread)) {
		serve_others(process, thread);
		rest(&ns);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool thread_wait(struct process *process, struct process_thread *thread, unsigned int ms)
{
	uint64_t deadline = deadline_after(ms);
	unsigned long step = FIRST_STEP_NS;
	bool stopped;
	sigset_t before;

	hold_children(&before);
	while (!(stopped = poll_thread(thread))) {
		serve_others(process, thread);
		if (clock_ns(CLOCK_MONOTONIC) > deadline)
			break;
		rest(&step);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return stopped;
}

bool thread_stop(struct process_thread *thread, unsigned int ms)
{
	if (thread->state == THREAD_RUNS && !poll_thread(thread)) {
		if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) < 0)
			thread->state = THREAD_GONE;
		else
			thread_wait(NULL, thread, ms);
	}
	return is_stopped(thread);
}

void process_serve(struct process *process)
{
	for (size_t i = 0; i < process->threads.count; i++) {
		struct process_thread *thread = &process->threads.items[i];

		if (thread->state == THREAD_RUNS && poll_thread(thread) && thread->state != THREAD_GONE)
			thread_go(thread, THREAD_FREELY);
	}
}

static struct process_thread *find(struct process *process, pid_t tid)
{
	for (size_t i = 0; i < process->threads.count; i++)
		if (process->threads.items[i].tid == tid && process->threads.items[i].state != THREAD_GONE)
			return &process->threads.items[i];
	return NULL;
}

/* Seizes the threads that are not held yet; how many, or -1 with errno: the first could not be. */
static int seize_new(struct process *process)
{
	char name[64];
	struct dirent *entry;
	int added = 0, failure = 0;
	DIR *tasks;

	snprintf(name, sizeof name, "/proc/%d/task", (int)process->pid);
	tasks = opendir(name);
	if (!tasks)
		return -1;
	while ((entry = readdir(tasks))) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid <= 0 || find(process, tid))
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, (long)PTRACE_O_TRACESYSGOOD) < 0) {
			/* One that has ended meanwhile, or is about to, is nobody's concern. */
			if (errno != ESRCH && !failure)
				failure = errno;
			continue;
		}
		*ARRAY_PUSH(&process->threads) = (struct process_thread){ .tid = tid, .state = THREAD_RUNS };
		added++;
	}
	closedir(tasks);
	errno = failure ? failure : ESRCH;
	return added || process->threads.count ? added : -1;
}

int process_seize(struct process *process, pid_t pid, struct error *err)
{
	int added, failure;

	memset(process, 0, sizeof *process);
	process->pid = pid;
	for (int pass = 0; pass < PASSES && (added = seize_new(process)) > 0; pass++)
		;
	failure = errno;
	if (process->threads.count)
		return 0;
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot trace process %d: %s", (int)pid, strerror(failure));
}

bool process_lives(const struct process *process)
{
	for (size_t i = 0; i < process->threads.count; i++)
		if (process->threads.items[i].state != THREAD_GONE)
			return true;
	return false;
}

static bool wait_for_all(struct process *process, uint64_t deadline)
{
	unsigned long step = FIRST_STEP_NS;
	sigset_t before;
	bool all;

	hold_children(&before);
	for (;;) {
		all = true;

		for (size_t i = 0; i < process->threads.count; i++)
			all &= poll_thread(&process->threads.items[i]);
		if (all || clock_ns(CLOCK_MONOTONIC) > deadline)
			break;
		rest(&step);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return all;
}

/* How many threads the process has, also such as end; 0: not known. */
static size_t count_threads(pid_t pid)
{
	size_t count = 0;
	char line[256];
	FILE *status;

	snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
	status = fopen(line, "re");
	while (status && fgets(line, sizeof line, status) && sscanf(line, "Threads: %zu", &count) != 1)
		;
	if (status)
		fclose(status);
	return count;
}

/* Whether there may be threads that are not held. The kernel lists those of a folder from one to the next, and may pass over some
 * when one ends meanwhile; how many there are it knows. A first thread that has ended is one that is never held. */
static bool misses_some(const struct process *process)
{
	size_t held = 0;
	bool first = false;

	for (size_t i = 0; i < process->threads.count; i++) {
		const struct process_thread *thread = &process->threads.items[i];
		bool there = thread->state != THREAD_GONE || thread->kept;

		first |= there && thread->tid == process->pid;
		held += there;
	}
	return count_threads(process->pid) > held + !first;
}

static void interrupt(struct process *process)
{
	for (size_t i = 0; i < process->threads.count; i++) {
		struct process_thread *thread = &process->threads.items[i];

		if (thread->state == THREAD_RUNS && !poll_thread(thread))
			ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	}
}

/* One of those that run has not stopped. */
static int say_which(const struct process *process, struct error *err)
{
	pid_t tid = 0;

	for (size_t i = 0; i < process->threads.count && !tid; i++)
		if (process->threads.items[i].state == THREAD_RUNS)
			tid = process->threads.items[i].tid;
	return error_status(err, EXIT_MEMTRACE_FAILED, "process %d does not stop: its thread %d sleeps in the kernel", (int)process->pid,
		(int)tid);
}

static int stop_by(struct process *process, uint64_t deadline, struct error *err)
{
	unsigned long step = FIRST_STEP_NS;

	/* Only threads make threads: when all that are known stand still and there is no other, that is all. */
	for (;;) {
		interrupt(process);
		if (!wait_for_all(process, deadline))
			return say_which(process, err);
		if (seize_new(process) > 0)
			continue;
		if (!misses_some(process))
			return 0;
		/* It is about to end, most likely. */
		if (clock_ns(CLOCK_MONOTONIC) > deadline)
			return error_status(err, EXIT_MEMTRACE_FAILED, "process %d does not stop: it has a thread that cannot be traced",
				(int)process->pid);
		rest(&step);
	}
}

int process_stop(struct process *process, unsigned int ms, struct error *err)
{
	if (stop_by(process, deadline_after(ms), err) < 0) {
		process_go(process);
		return -1;
	}
	if (!process_lives(process))
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended", (int)process->pid);
	return 0;
}

void process_go(struct process *process)
{
	for (size_t i = 0; i < process->threads.count; i++)
		thread_go(&process->threads.items[i], THREAD_FREELY);
}

/* A thread that was killed while it was held is ours to bury: its process does not end before. */
static void bury(const struct process_thread *thread)
{
	uint64_t deadline = deadline_after(BURY_MS);
	unsigned long step = FIRST_STEP_NS;

	while (!thread->kept && waitpid(thread->tid, NULL, __WALL | WNOHANG) == 0 && clock_ns(CLOCK_MONOTONIC) < deadline)
		rest(&step);
}

/* Lets go of those that stand still, the first thread only if FIRST. How many do not yet. */
static size_t release_some(struct process *process, bool first)
{
	size_t left = 0;

	for (size_t i = 0; i < process->threads.count; i++) {
		struct process_thread *thread = &process->threads.items[i];

		if (thread->released || (thread->tid == process->pid && !first))
			continue;
		if (!poll_thread(thread)) {
			left++;
			continue;
		}
		if (!is_stopped(thread) || ptrace(PTRACE_DETACH, thread->tid, NULL, (long)thread->signal) < 0)
			bury(thread);
		thread->released = true;
	}
	return left;
}

/* A thread stops as soon as it has a processor, on a busy machine after seconds. One that was left would stand still for ever. */
static void release_all(struct process *process, bool first, uint64_t deadline)
{
	unsigned long step = FIRST_STEP_NS;
	sigset_t before;

	hold_children(&before);
	while (release_some(process, first) && clock_ns(CLOCK_MONOTONIC) < deadline)
		rest(&step);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The first thread last: it ends when the others have been buried. But it does not wait for long. */
void process_release(struct process *process)
{
	interrupt(process);
	release_all(process, false, deadline_after(FIRST_MS));
	release_all(process, true, deadline_after(RELEASE_MS));
	ARRAY_FREE(&process->threads);
}

bool thread_registers(const struct process_thread *thread, struct user_regs_struct *registers)
{
	struct iovec part = { registers, sizeof *registers };

	return ptrace(PTRACE_GETREGSET, thread->tid, (long)NT_PRSTATUS, &part) == 0 && part.iov_len == sizeof *registers;
}

bool thread_set_registers(const struct process_thread *thread, const struct user_regs_struct *registers)
{
	struct iovec part = { (void *)registers, sizeof *registers };

	return ptrace(PTRACE_SETREGSET, thread->tid, (long)NT_PRSTATUS, &part) == 0;
}
