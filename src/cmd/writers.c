/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child has by copy on write what we have at the moment of its fork. The table of live blocks is by far the largest part of it,
 * and changes all the time: copying its pages one by one would slow us down, and then the programs that wait for us.
 * Unless snapshots are to keep each block the child goes without: a snapshot is made of the accounts.
 */
#include "cmd/writers.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS_MAX = 2, GIVE_WAY = 5 };

static void forget_writer(struct collector *collector, size_t index, int status)
{
	pid_t pid = collector->writers.items[index];

	collector->writers.items[index] = collector->writers.items[--collector->writers.count];
	if (pid != collector->checkpointer)
		return;
	collector->checkpointer = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		collector->first_exists = true;
}

/* Waits until there are AT_MOST. Children of others are not touched. */
static void reap(struct collector *collector, size_t at_most)
{
	for (;;) {
		for (size_t i = collector->writers.count; i-- > 0;) {
			int status = 0;
			pid_t pid = waitpid(collector->writers.items[i], &status, WNOHANG);

			if (pid > 0 || (pid < 0 && errno == ECHILD))
				forget_writer(collector, i, status);
		}
		if (collector->writers.count <= at_most)
			return;
		usleep(1000);
		reader_round(&collector->reader);
	}
}

void writers_reap(struct collector *collector)
{
	reap(collector, WRITERS_MAX);
}

void writers_finish(struct collector *collector)
{
	reap(collector, 0);
}

bool writers_can_fork(const struct collector *collector)
{
	return collector->writers.count < WRITERS_MAX;
}

/* All images' blocks: an image that has ended is off the list, and small or dropped soon. */
static void each_live(struct collector *collector, void (*action)(struct live *live))
{
	for (size_t i = 0; i < collector->reader.processes.count && !collector->options->blocks; i++)
		action(&collector->reader.processes.items[i]->image->live);
}

pid_t writers_fork_alone(struct collector *collector)
{
	pid_t pid;

	each_live(collector, live_withhold);
	pid = fork();
	if (pid) {
		each_live(collector, live_resume);
		return pid;
	}
	each_live(collector, live_abandon);
	collector->ahead = NULL;
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return 0;
}

pid_t writers_fork(struct collector *collector)
{
	pid_t pid;

	reap(collector, WRITERS_MAX - 1);
	pid = writers_fork_alone(collector);
	if (pid > 0)
		*ARRAY_PUSH(&collector->writers) = pid;
	return pid;
}

void writers_give_way(void)
{
	setpriority(PRIO_PROCESS, 0, GIVE_WAY);
}
