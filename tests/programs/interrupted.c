/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * interrupted [FORKS]: a timer's handler forks, so that it comes at every place of the program and of what watches it. The child goes
 * on where the parent was interrupted, every other one after it has allocated in the handler, and ends soon. The main program
 * only maps and unmaps, each time by another way: that may be interrupted by anything. Its account is the parent's.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "truth.h"

enum { DEPTH = 14, LIFE = 30 };

static volatile sig_atomic_t forks, is_child, bad;
static unsigned long rounds;

/* Once more, when this one has been dealt with: a little later each time. */
static void again(void)
{
	struct itimerval once = { { 0, 0 }, { 0, 100 + forks * 7 % 300 } };

	setitimer(ITIMER_REAL, &once, NULL);
}

static void on_timer(int signal)
{
	int saved = errno, status = 1;
	pid_t child = forks % 3 ? fork() : _Fork();

	(void)signal;
	forks++;
	if (child == 0) {
		is_child = LIFE;
		if (forks % 2)
			free(malloc(100));
	} else if (child < 0 || waitpid(child, &status, 0) != child || status) {
		bad++;
	}
	if (child)
		again();
	errno = saved;
}

static void map(void)
{
	char *block = MADE(8192, mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	block[rounds % 8192] = 1;
	if (rounds % 1000)
		GONE(8192, munmap(block, 8192));
	if (is_child && --is_child == 0)
		_exit(0);
}

static void left(unsigned int way, int depth);

static void right(unsigned int way, int depth)
{
	if (depth == 0)
		map();
	else if (way & 1)
		left(way >> 1, depth - 1);
	else
		right(way >> 1, depth - 1);
}

static void left(unsigned int way, int depth)
{
	if (depth == 0)
		map();
	else if (way & 1)
		right(way >> 1, depth - 1);
	else
		left(way >> 1, depth - 1);
}

int main(int argc, char **argv)
{
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	long wanted = truth_argument(argc, argv, 1, 30);

	signal(SIGALRM, on_timer);
	again();
	for (; forks < wanted || is_child; rounds++)
		left((unsigned int)rounds * 2654435761u >> 8, DEPTH);
	setitimer(ITIMER_REAL, &never, NULL);
	SAY("%d children were bad\n", bad);
	truth_write(NULL);
	return 0;
}
