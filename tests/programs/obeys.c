/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * obeys: does what standard input says, a line each, and answers each with a line on standard output: its pid and what it
 * holds by its own account. Beside those blocks it allocates nothing, so that at rest its state is known exactly.
 *
 *	a SIZE    allocates a block         f    frees the oldest one
 *	r SIZE    reallocates the youngest  k    forks: the child obeys, its parent waits for it
 *	n         does nothing              q    ends with status 7
 *	u         gets USR2 handled, and says how often it came in the place of its pid
 */
#include <signal.h>
#include <sys/wait.h>
#include "truth.h"

enum { BLOCKS = 10000 };

static struct {
	void *at;
	long size;
} blocks[BLOCKS];
static int first, last, signals = -1;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void allocate(long size)
{
	if (last == BLOCKS)
		_exit(98);
	blocks[last].size = size;
	blocks[last++].at = MADE(size, malloc(size));
}

static void release(void)
{
	GONE(blocks[first].size, free(blocks[first].at));
	first++;
}

static void move(long size)
{
	blocks[last - 1].at = MOVED(blocks[last - 1].size, size, realloc(blocks[last - 1].at, size));
	blocks[last - 1].size = size;
}

static void obey(const char *line)
{
	long size = strtol(line + 1, NULL, 10);

	if (line[0] == 'a')
		allocate(size);
	else if (line[0] == 'f' && first < last)
		release();
	else if (line[0] == 'r' && first < last)
		move(size);
	else if (line[0] == 'k' && fork() > 0)
		wait(NULL);
	else if (line[0] == 'u' && signals < 0)
		signals = 0, signal(SIGUSR2, on_signal);
	SAY("%d %lld %lld\n", line[0] == 'u' ? signals : (int)getpid(), truth.current, truth.current_count);
}

int main(void)
{
	char line[64] = "";
	size_t size = 0;

	SAY("%d ready\n", (int)getpid());
	while (size < sizeof line && line[0] != 'q') {
		ssize_t got = read(0, line + size, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			break;
		if (line[size++] != '\n')
			continue;
		line[size - 1] = 0;
		size = 0;
		if (line[0] != 'q')
			obey(line);
	}
	return 7;
}
