/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A writer has all that the collector knows by copy on write, and names and writes it while the collector goes on reading. A few at
 * a time: each doubles what is touched meanwhile. The checkpoint is one of them, and the only one that may be given up.
 *
 * The table of live blocks is by far the largest part of it, and changes all the time: copying its pages one by one would slow us
 * down, and then the programs that wait for us. Unless snapshots are to keep each block a writer goes without: a snapshot is made
 * of the accounts.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmd/log.h"
#include "base/memory.h"
#include "cmd/writers.h"

enum { WRITERS_MAX = 2, GIVE_WAY = 5 };

/* Whatever it failed at it has told itself. */
static void tell_killed(int number)
{
	struct error err = ERROR_INIT;

	error_set(&err, "a snapshot is missing: the process that was to write it was killed by signal %d", number);
	log_error(&err);
}

static void forget_writer(struct collector *collector, size_t index, int status)
{
	pid_t pid = collector->writers.items[index];

	collector->writers.items[index] = collector->writers.items[--collector->writers.count];
	if (pid != collector->checkpointer) {
		if (WIFSIGNALED(status))
			tell_killed(WTERMSIG(status));
		return;
	}
	collector->checkpointer = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		collector->first_exists = true;
}

void writers_reap(struct collector *collector, size_t at_most)
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
		collector_read(collector);
	}
}

bool writers_can_fork(const struct collector *collector)
{
	return collector->writers.count < WRITERS_MAX;
}

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
	memory_last(NULL);
	collector->ahead = NULL;
	target_ignore_signals();
	return 0;
}

pid_t writers_fork(struct collector *collector)
{
	pid_t pid;

	writers_reap(collector, WRITERS_MAX - 1);
	pid = writers_fork_alone(collector);
	if (pid > 0)
		*ARRAY_PUSH(&collector->writers) = pid;
	return pid;
}

void writers_give_way(void)
{
	setpriority(PRIO_PROCESS, 0, GIVE_WAY);
}

static int write_image(struct collector *collector, struct reader_process *process)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot = collector_snapshot(collector, process, true);
	char *file = NULL;
	int result = collector_write(collector, process, snapshot, &file, &err);

	if (result < 0) {
		error_prefix(&err, "process %d", process->image->pid);
		log_error(&err);
	}
	snapshot_free(snapshot);
	free(file);
	return result;
}

/* Only SIGTERM ends it, writers_end_checkpoint's, and not within the write: its status tells whether the file is there. */
static bool write_checkpoint(struct collector *collector, struct reader_process *process)
{
	char *name = collector_file(collector, process->image), *file;
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;
	sigset_t term;

	image_problem(process->image, "a checkpoint: what the program did after it is not recorded");
	snapshot = collector_snapshot(collector, process, false);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	return collector_write(collector, process, snapshot, &file, &err) == 0 && strcmp(file, name) == 0;
}

void writers_write(struct collector *collector, struct reader_process *process)
{
	pid_t pid = writers_fork(collector);

	if (pid == 0)
		_exit(write_image(collector, process) == 0 ? 0 : 1);
	if (pid < 0)
		write_image(collector, process);
}

void writers_checkpoint(struct collector *collector)
{
	pid_t pid;

	if (collector->checkpointer || !collector->reader.processes.count)
		return;
	collector_find_name(collector);
	pid = writers_fork(collector);
	if (pid > 0)
		collector->checkpointer = pid;
	if (pid)
		return;
	signal(SIGTERM, SIG_DFL);
	writers_give_way();
	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (process->image->first && !process->ended)
			_exit(write_checkpoint(collector, process) ? 0 : 1);
	}
	_exit(1);
}

/* What is still being written is out of date: it must not come after the program's own snapshot, nor take its name. */
void writers_end_checkpoint(struct collector *collector)
{
	if (collector->checkpointer)
		kill(collector->checkpointer, SIGTERM);
	while (collector->checkpointer) {
		writers_reap(collector, SIZE_MAX);
		collector_read(collector);
		usleep(1000);
	}
}
