/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * limits HOW: sets itself a limit, or finds one, and allocates on to it and beyond. given (only what it finds), memory (address
 * space and data, until malloc fails), files (descriptors and sizes of files: 0), processes (no more of them), stack (a small
 * one, and a thread's), locked (all memory locked, also what is to come), undumpable, unprivileged (no new privileges).
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "world.h"

static void some(int n)
{
	for (int i = 0; i < n; i++) {
		void *block = MADE(i, malloc(i));

		if (i % 3)
			GONE(i, free(block));
	}
}

static void limit(int which, rlim_t to)
{
	struct rlimit both;

	getrlimit(which, &both);
	both.rlim_cur = to;
	setrlimit(which, &both);
}

/* Blocks until there are no more; then all goes, and the limit with it. */
static void exhaust(int which, rlim_t room)
{
	enum { MOST = 200, SIZE = 3 << 20 };
	static void *blocks[MOST];
	struct rlimit before;
	int n = 0;

	getrlimit(which, &before);
	limit(which, room);
	while (n < MOST && (blocks[n] = MADE(SIZE, malloc(SIZE))))
		n++;
	SAY("limit %d: %s, errno %d\n", which, n > 0 && n < MOST ? "some blocks" : n ? "all blocks" : "no block", errno);
	some(2000);
	while (n > 0)
		GONE(SIZE, free(blocks[--n]));
	setrlimit(which, &before);
}

static void say_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	SAY("fork: %s, errno %d\n", child > 0 ? "a child" : "none", child > 0 ? 0 : errno);
	if (child > 0)
		waitpid(child, NULL, 0);
}

static int down(int depth)
{
	volatile char room[100];

	room[0] = (char)depth;
	some(2);
	return depth ? down(depth - 1) + room[0] : 0;
}

static void *on_thread(void *argument)
{
	some(100);
	down(50);
	return argument;
}

static void in_thread(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	if (pthread_create(&thread, &attributes, on_thread, NULL))
		SAY("no thread\n");
	else
		pthread_join(thread, NULL);
}

static void run(const char *how)
{
	if (!strcmp(how, "given")) {
		some(1000);
		in_thread();
	} else if (!strcmp(how, "memory")) {
		exhaust(RLIMIT_AS, 200 << 20);
		exhaust(RLIMIT_DATA, 100 << 20);
	} else if (!strcmp(how, "files")) {
		truth_write(NULL);
		limit(RLIMIT_NOFILE, 0);
		limit(RLIMIT_FSIZE, 0);
		in_thread();
		limit(RLIMIT_NOFILE, 64);
		limit(RLIMIT_FSIZE, RLIM_INFINITY);
	} else if (!strcmp(how, "processes")) {
		limit(RLIMIT_NPROC, 0);
		say_fork();
		in_thread();
	} else if (!strcmp(how, "stack")) {
		limit(RLIMIT_STACK, 65536);
		down(200);
		in_thread();
	} else if (!strcmp(how, "locked")) {
		limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
		SAY("mlockall: %d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
		down(300);
		in_thread();
	} else if (!strcmp(how, "undumpable")) {
		SAY("prctl: %d\n", prctl(PR_SET_DUMPABLE, 0));
		in_thread();
		say_fork();
	} else if (!strcmp(how, "unprivileged")) {
		SAY("prctl: %d\n", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		in_thread();
		say_fork();
	} else {
		_exit(2);
	}
}

int main(int argc, char **argv)
{
	some(100);
	run(argc > 1 ? argv[1] : "");
	world_say();
	truth.peak = -1;
	truth_write(NULL);
	return 5;
}
