/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * family HOW: processes made in every way; each writes its account to $TRUTH.PID, which begins empty at the fork.
 *
 *	busy       children by fork, from two threads, while others allocate
 *	raw        the same by clone(2) and _Fork, which nobody hears of; such a child may not use a lock, so it maps
 *	threads    children that have threads of their own
 *	handlers   atfork handlers that allocate
 *	deep       a child of a child, twenty times
 *	many N     N quick children at once
 *	exec       a thread execs this program, as "image", while others allocate
 *	start      threads start it by vfork and by posix_spawn, while others allocate
 *	image      what these become
 *	orphans MS a daemon, forked twice, and a child; both outlive the parent, by MS at least
 */
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "busy.h"

enum { DEPTH = 20, CHILDREN = 2, FORKERS = 2, MOST = 1000 };

extern char **environ;

static void some(long n)
{
	for (long i = 1; i <= n; i++) {
		void *block = MADE(i, malloc(i));

		block = MOVED(i, 3 * i, realloc(block, 3 * i));
		if (i % 3)
			GONE(3 * i, free(block));
	}
}

static void maps(long n)
{
	for (long i = 1; i <= n; i++) {
		void *block = MADE(i * 4096, mmap(NULL, i * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

		if (i % 3)
			GONE(i * 4096, munmap(block, i * 4096));
	}
}

static void account(void)
{
	char suffix[32];

	snprintf(suffix, sizeof suffix, ".%d", getpid());
	truth_write(suffix);
}

static void born(void)
{
	truth = (struct truth){ 0 };
}

static void await(pid_t pid, int wanted)
{
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != wanted << 8)
		SAY("a child ended with %#x, not %d\n", status, wanted);
}

static void *fork_some(void *argument)
{
	for (long i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			born();
			some(100 + i);
			account();
			exit(7);
		}
		if (argument) /* one thread's own, so that they are counted once */
			some(i);
		await(pid, 7);
	}
	return NULL;
}

static void *fork_raw(void *argument)
{
	for (long i = 0; i < CHILDREN; i++) {
		pid_t pid = i % 2 ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (pid == 0) {
			born();
			maps(50 + i);
			account();
			exit(7);
		}
		await(pid, 7);
	}
	return argument;
}

static void *start_some(void *argument)
{
	char *arguments[] = { "family", "image", NULL };

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid;

		if (i % 2) {
			pid = vfork();
			if (pid == 0) {
				execv("/proc/self/exe", arguments);
				_exit(1);
			}
		} else if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ)) {
			_exit(97);
		}
		await(pid, 8);
	}
	return argument;
}

static void *become_image(void *argument)
{
	execl("/proc/self/exe", "family", "image", NULL);
	return argument;
}

static void from_threads(void *(*work)(void *))
{
	pthread_t threads[FORKERS];

	busy_start(2, 0);
	some(60);
	for (int i = 0; i < FORKERS; i++)
		pthread_create(&threads[i], NULL, work, i ? NULL : "");
	for (int i = 0; i < FORKERS; i++)
		pthread_join(threads[i], NULL);
	busy_stop();
}

static void exec_from_thread(void)
{
	pthread_t thread;

	busy_start(2, 0);
	some(60);
	truth.peak = -1;
	truth_write(NULL);
	pthread_create(&thread, NULL, become_image, NULL);
	pthread_join(thread, NULL);
	_exit(96);
}

static void *thread(void *argument)
{
	some((long)argument);
	return NULL;
}

static void with_threads(void)
{
	for (long i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();
		pthread_t threads[3];

		if (pid == 0) {
			born();
			for (long k = 0; k < 3; k++)
				pthread_create(&threads[k], NULL, thread, (void *)(100 + i + k));
			for (long k = 0; k < 3; k++)
				pthread_join(threads[k], NULL);
			truth.peak = -1;
			account();
			exit(7);
		}
		await(pid, 7);
	}
}

static void in_handler(void)
{
	some(5);
}

static void in_child(void)
{
	born();
	some(4);
}

static void with_handlers(void)
{
	pid_t pid;

	pthread_atfork(in_handler, in_handler, in_child); /* libc grows its list of them: a block of its own */
	pid = fork();
	if (pid == 0) {
		some(20);
		pid = fork();
		if (pid == 0) {
			account();
			exit(7);
		}
		await(pid, 7);
		account();
		exit(7);
	}
	await(pid, 7);
	pid = _Fork();
	if (pid == 0) {
		born();
		some(9);
		account();
		exit(7);
	}
	await(pid, 7);
}

static void deep(int level)
{
	pid_t pid;

	some(10 + level);
	if (level < DEPTH) {
		pid = fork();
		if (pid == 0) {
			born();
			deep(level + 1);
			account();
			exit(7);
		}
		some(level);
		await(pid, 7);
	}
}

static void many(long n)
{
	static pid_t pids[MOST];

	some(3);
	for (long i = 0; i < n && i < MOST; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			born();
			some(1 + i % 30);
			account();
			exit(7);
		}
	}
	for (long i = 0; i < n && i < MOST; i++)
		await(pids[i], 7);
}

/* As long as PARENT lives, and MS more. */
static void outlive(pid_t parent, long ms)
{
	while (getppid() == parent)
		usleep(1000);
	usleep(ms * 1000);
	some(30);
	account();
	exit(0);
}

static void orphans(long ms)
{
	static char home[4096];
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		born();
		outlive(parent, ms);
	}
	if (!getcwd(home, sizeof home) || fork() > 0)
		return;
	setsid();
	parent = getpid();
	pid = fork();
	if (pid > 0)
		_exit(0);
	born();
	if (chdir("/"))
		_exit(95);
	closefrom(0);
	some(40);
	if (chdir(home)) /* where $TRUTH is */
		_exit(94);
	outlive(parent, ms);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "image")) {
		some(44);
		account();
		return 8;
	}
	if (!strcmp(how, "busy"))
		from_threads(fork_some);
	else if (!strcmp(how, "raw"))
		from_threads(fork_raw);
	else if (!strcmp(how, "start"))
		from_threads(start_some);
	else if (!strcmp(how, "exec"))
		exec_from_thread();
	else if (!strcmp(how, "threads"))
		with_threads();
	else if (!strcmp(how, "handlers"))
		with_handlers();
	else if (!strcmp(how, "deep"))
		deep(0);
	else if (!strcmp(how, "many"))
		many(truth_argument(argc, argv, 2, 200));
	else if (!strcmp(how, "orphans"))
		orphans(truth_argument(argc, argv, 2, 0));
	truth.peak = -1;
	truth_write(NULL);
	return 9;
}
