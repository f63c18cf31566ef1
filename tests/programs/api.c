/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * Every function of include/memtrace.h, held against the program's own account. api: says what does not hold, and "absent" where
 * there is no memtrace. api start: it is to begin by itself; api path FILE STATUS [ROOT]: a snapshot there, with
 * another root, gives STATUS; api orphan: its
 * parent is killed; api signals: a handler asks in the midst of all.
 */
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "truth.h"

static int failures;

/* errno is looked at with each. */
#define HOLDS(condition)                                                                 \
	do {                                                                             \
		errno = 4242;                                                            \
		if (!(condition) || errno != 4242) {                                     \
			truth_say(1, "line %d: %s, errno %d\n", __LINE__, #condition, errno); \
			failures++;                                                      \
		}                                                                        \
	} while (0)

enum { POOL = 100, OTHER = 4000000000u, DEEP = 40 };

static char arena[4096];
static void *volatile keep[100];

static int absent(void)
{
	size_t current = 1, peak = 1;
	void *frames[4];

	HOLDS(memtrace_start(1) == -ENOSYS);
	HOLDS(memtrace_stop() == -ENOSYS);
	HOLDS(memtrace_is_tracing() == 0);
	HOLDS(memtrace_clear_traces() == -ENOSYS);
	HOLDS(memtrace_reset_peak() == -ENOSYS);
	HOLDS(memtrace_get_traced_memory(&current, &peak) == -ENOSYS);
	HOLDS(current == 0 && peak == 0);
	HOLDS(memtrace_get_traceback_limit() == 0);
	HOLDS(memtrace_get_tracer_memory() == 0);
	HOLDS(memtrace_take_snapshot("never.snap", "never") == -ENOSYS);
	HOLDS(memtrace_get_object_traceback(arena, frames, 4) == -ENOSYS);
	HOLDS(memtrace_track(POOL, arena, 1) == -ENOSYS);
	HOLDS(memtrace_untrack(POOL, arena) == -ENOSYS);
	HOLDS(memtrace_name_domain(POOL, "pool") == -ENOSYS);
	return failures;
}

static int traced_is(size_t want_current, size_t want_peak)
{
	size_t current = 0, peak = 0;

	if (memtrace_get_traced_memory(&current, &peak) == 0 && current == want_current && peak == want_peak)
		return 1;
	truth_say(1, "traced %zu, %zu, want %zu, %zu\n", current, peak, want_current, want_peak);
	return 0;
}

/* Beside the program's own blocks there are those of the loader for a thread: up to a KiB. */
static int traced_at_most(size_t own)
{
	size_t current = 0, peak = 0;

	if (memtrace_get_traced_memory(&current, &peak) == 0 && current >= own && peak < own + 1024)
		return 1;
	truth_say(1, "traced %zu, %zu, own %zu\n", current, peak, own);
	return 0;
}

static void refusals(void)
{
	void *frames[4];
	char name[300];

	memset(name, 'x', sizeof name);
	name[256] = 0;
	HOLDS(memtrace_start(0) == -EINVAL);
	HOLDS(memtrace_start(65536) == -EINVAL);
	HOLDS(memtrace_take_snapshot(NULL, NULL) == -EINVAL);
	HOLDS(memtrace_take_snapshot("", NULL) == -EINVAL);
	HOLDS(memtrace_take_snapshot(NULL, "peak") == -EINVAL);
	HOLDS(memtrace_take_snapshot(NULL, "a@b") == -EINVAL);
	HOLDS(memtrace_take_snapshot(NULL, name) == -EINVAL);
	HOLDS(memtrace_take_snapshot(NULL, "so far") == 0);
	HOLDS(memtrace_take_snapshot(NULL, "so far") == 0);
	HOLDS(memtrace_get_object_traceback(arena, NULL, 1) == -EINVAL);
	HOLDS(memtrace_get_object_traceback(arena, frames, -1) == -EINVAL);
	HOLDS(memtrace_get_object_traceback(arena + 1, frames, 4) == -ENOENT);
	HOLDS(memtrace_track(99, arena, 1) == -EINVAL);
	HOLDS(memtrace_track(POOL, NULL, 1) == -EINVAL);
	HOLDS(memtrace_track(POOL, arena, (size_t)1 << 48) == -EINVAL);
	HOLDS(memtrace_untrack(0, arena) == -EINVAL);
	HOLDS(memtrace_name_domain(2, "brk") == -EINVAL);
	HOLDS(memtrace_name_domain(POOL, "") == -EINVAL);
	HOLDS(memtrace_name_domain(POOL, name) == -EINVAL);
}

static void sums(void)
{
	HOLDS(memtrace_clear_traces() == 0);
	HOLDS(traced_is(0, 0));
	keep[0] = malloc(1000);
	keep[1] = malloc(500);
	HOLDS(traced_is(1500, 1500));
	free(keep[1]);
	HOLDS(traced_is(1000, 1500));
	HOLDS(memtrace_get_traced_memory(NULL, NULL) == 0);
	HOLDS(memtrace_reset_peak() == 0);
	HOLDS(traced_is(1000, 1000));
	keep[1] = malloc(20);
	HOLDS(traced_is(1020, 1020));
	free(keep[1]);
	free(keep[0]);
	HOLDS(traced_is(0, 1020));
}

static void pools(void)
{
	HOLDS(memtrace_clear_traces() == 0);
	HOLDS(memtrace_name_domain(POOL, "pool of \"it\"") == 0);
	HOLDS(memtrace_track(POOL, arena, 100) == 0);
	HOLDS(memtrace_track(POOL, arena + 101, 11) == 0);
	HOLDS(memtrace_track(OTHER, arena, 5) == 0);
	HOLDS(traced_is(116, 116));
	HOLDS(memtrace_track(POOL, arena, 50) == 0);
	HOLDS(traced_is(66, 116));
	HOLDS(memtrace_untrack(POOL, arena) == 0);
	HOLDS(memtrace_untrack(OTHER, arena) == 0);
	HOLDS(traced_is(11, 116));
	HOLDS(memtrace_untrack(POOL, arena + 101) == 0);
}

static __attribute__((noinline)) void *deep(int depth)
{
	void *volatile block = depth ? deep(depth - 1) : malloc(77);

	return block;
}

static void tracebacks(void)
{
	int limit = memtrace_get_traceback_limit(), kept = limit < 64 ? limit : 64;
	void *frames[128], *few[3] = { NULL, NULL, &few };
	void *block = deep(DEEP), *map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int n = memtrace_get_object_traceback(block, frames, 128);

	HOLDS(n > (limit < DEEP ? limit - 1 : DEEP) && n <= limit);
	for (int i = 2; i < DEEP && i < kept; i++)
		HOLDS(frames[i] == frames[1]);
	HOLDS((char *)frames[0] > (char *)deep && (char *)frames[0] < (char *)tracebacks);
	HOLDS(memtrace_get_object_traceback(block, few, 2) == n);
	HOLDS(few[0] == frames[0] && few[1] == frames[1] && few[2] == &few);
	HOLDS(memtrace_get_object_traceback(block, NULL, 0) == n);
	HOLDS(memtrace_get_object_traceback((char *)block + 1, few, 2) == -ENOENT);
	HOLDS(memtrace_get_object_traceback(map, few, 2) > 0);
	HOLDS(memtrace_get_object_traceback((char *)map + 5000, few, 2) > 0);
	HOLDS((char *)few[0] > (char *)tracebacks);
	munmap(map, 8192);
	HOLDS(memtrace_get_object_traceback(map, few, 2) == -ENOENT);
	HOLDS(memtrace_track(POOL, arena + 7, 1) == 0);
	HOLDS(memtrace_get_object_traceback(arena + 7, few, 2) > 0);
	HOLDS(memtrace_untrack(POOL, arena + 7) == 0);
	free(block);
	HOLDS(memtrace_get_object_traceback(block, few, 2) == -ENOENT);
}

/* All of them ask and allocate at once; each has blocks of its own. */
static void *thread(void *number)
{
	for (int i = 0; i < 200; i++) {
		size_t current = 0;
		void *block = malloc(100 + (size_t)number), *frame = NULL;

		HOLDS(memtrace_get_traced_memory(&current, NULL) == 0);
		HOLDS(current >= 100 + (size_t)number);
		HOLDS(memtrace_get_object_traceback(block, &frame, 1) > 0);
		HOLDS((char *)frame > (char *)thread && (char *)frame < (char *)thread + 4096);
		free(block);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t all[4];

	for (size_t i = 0; i < 4; i++)
		HOLDS(pthread_create(&all[i], NULL, thread, (void *)i) == 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(all[i], NULL);
}

/* What a thread has done and then stands still: told before anybody's clear, whatever it holds back. */
static pthread_barrier_t done, go;

static void *idler(void *unused)
{
	void *block = malloc(3000);

	keep[6] = malloc(200);
	free(block);
	pthread_barrier_wait(&done);
	pthread_barrier_wait(&go);
	free(keep[6]);
	return unused;
}

static void idlers(int (*forget)(void), size_t kept)
{
	pthread_t idle;

	HOLDS(memtrace_clear_traces() == 0);
	HOLDS(memtrace_track(POOL, arena, 5) == 0);
	pthread_barrier_init(&done, NULL, 2);
	pthread_barrier_init(&go, NULL, 2);
	HOLDS(pthread_create(&idle, NULL, idler, NULL) == 0);
	pthread_barrier_wait(&done);
	usleep(300000); /* longer than the collector waits for those who were heard lately */
	HOLDS(forget() == 0);
	keep[7] = malloc(9);
	usleep(300000);
	HOLDS(traced_at_most(kept + 9));
	pthread_barrier_wait(&go);
	pthread_join(idle, NULL);
	free(keep[7]);
	memtrace_untrack(POOL, arena);
}

static void stops(int limit)
{
	size_t current = 1, peak = 1;
	void *frames[1];

	keep[2] = malloc(40);
	HOLDS(memtrace_stop() == 0);
	HOLDS(memtrace_is_tracing() == 0);
	HOLDS(memtrace_stop() == 0);
	keep[3] = malloc(80);
	HOLDS(memtrace_get_traced_memory(&current, &peak) == 0);
	HOLDS(current == 0 && peak == 0);
	HOLDS(memtrace_take_snapshot("stopped.snap", NULL) == -ENODATA);
	HOLDS(memtrace_get_object_traceback(keep[2], frames, 1) == -ENODATA);
	HOLDS(memtrace_track(POOL, arena, 1) == -ENODATA);
	HOLDS(memtrace_untrack(POOL, arena) == -ENODATA);
	HOLDS(memtrace_name_domain(POOL, "pool") == 0);
	HOLDS(memtrace_clear_traces() == 0 && memtrace_reset_peak() == 0);
	HOLDS(memtrace_get_traceback_limit() == limit);
	HOLDS(memtrace_start(3) == 0);
	HOLDS(memtrace_is_tracing() == 1);
	HOLDS(memtrace_get_traceback_limit() == 3);
	HOLDS(memtrace_start(9) == 0);
	HOLDS(memtrace_get_traceback_limit() == 3);
	HOLDS(traced_is(0, 0));
	free(keep[2]);
	free(keep[3]);
	tracebacks();
	HOLDS(memtrace_stop() == 0 && memtrace_start(limit) == 0);
	tracebacks();
}

/* A child has what its parent set, and accounts of its own. */
static void forks(void)
{
	int status = -1;
	pid_t pid;

	HOLDS(memtrace_clear_traces() == 0);
	keep[4] = malloc(30);
	pid = fork();
	if (pid == 0) {
		failures = 0;
		HOLDS(memtrace_is_tracing() == 1);
		HOLDS(traced_is(0, 0));
		keep[5] = malloc(7);
		HOLDS(traced_is(7, 7));
		HOLDS(memtrace_stop() == 0);
		pid = fork();
		if (pid == 0) {
			HOLDS(memtrace_is_tracing() == 0);
			_exit(failures != 0);
		}
		HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
		_exit(failures != 0);
	}
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
	HOLDS(traced_is(30, 30));
	free(keep[4]);
}

static int orphan(void)
{
	int status;

	keep[0] = malloc(5);
	if (kill(getppid(), SIGKILL))
		return 2;
	do
		status = memtrace_get_traced_memory(NULL, NULL);
	while (status == 0);
	HOLDS(status == -EPIPE || status == -ENOSYS);
	HOLDS(memtrace_take_snapshot("never.snap", NULL) == -ENOSYS);
	HOLDS(memtrace_is_tracing() == 0);
	free(keep[0]);
	SAY("orphan %d\n", failures);
	return failures != 0;
}

static volatile long handled;

static void handler(int number)
{
	static char own[8];
	size_t current = 0;
	int saved = errno;

	(void)number;
	HOLDS(memtrace_track(POOL, own, 8) == 0);
	HOLDS(memtrace_get_traced_memory(&current, NULL) == 0 && current >= 8);
	HOLDS(memtrace_untrack(POOL, own) == 0);
	handled++;
	errno = saved;
}

static int signals(void)
{
	const struct itimerval every = { { 0, 700 }, { 0, 700 } }, never = { 0 };
	void *frame;

	HOLDS(memtrace_clear_traces() == 0);
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &every, NULL);
	while (handled < 200) {
		void *block = malloc(50);

		if (memtrace_get_object_traceback(block, &frame, 1) < 1)
			failures++;
		free(block);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	HOLDS(traced_is(0, 58) || traced_is(0, 50) || traced_is(0, 8));
	return failures != 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "path") == 0) {
		HOLDS(argc < 5 || (chroot(argv[4]) == 0 && chdir("/") == 0 && (errno = 4242)));
		keep[0] = malloc(123);
		HOLDS(memtrace_take_snapshot(argv[2], NULL) == (int)truth_argument(argc, argv, 3, 0));
		keep[1] = malloc(456);
		return failures != 0;
	}
	if (strcmp(what, "orphan") == 0)
		return orphan();
	if (strcmp(what, "signals") == 0)
		return signals();
	if (memtrace_start(5) == -ENOSYS) {
		SAY("absent\n");
		return absent() != 0;
	}
	if (strcmp(what, "start") == 0) {
		HOLDS(memtrace_is_tracing() == 1);
		HOLDS(memtrace_get_traceback_limit() == 5);
	}
	HOLDS(memtrace_is_tracing() == 1);
	HOLDS(memtrace_get_tracer_memory() > 0 && memtrace_get_tracer_memory() < 4 << 20);
	refusals();
	sums();
	pools();
	tracebacks();
	threads();
	idlers(memtrace_clear_traces, 0);
	idlers(memtrace_reset_peak, 205);
	stops(memtrace_get_traceback_limit());
	forks();
	HOLDS(memtrace_clear_traces() == 0);
	(void)MADE(1001, malloc(1001));
	truth_write(NULL);
	return failures != 0;
}
