/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See hand.h. It dies with us, which is as good a moment as any (attach.h), and hears no signal of a terminal: the user who wants to
 * end the work tells us.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remote/hand.h"

enum { SLICE_NS = 100000 };

/* The program stands still while we work, and its thread that does it waits for us on a processor: where we may, we take one at once. Else
 * we ask for a short slice: who asks for less is let in sooner (since Linux 6.12; before, it is not heard). */
static void come_first(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	/* struct sched_attr, in its first form (sched_setattr(2)). */
	const struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime_ns, deadline_ns, period_ns;
	} brief = { .size = 48, .policy = SCHED_OTHER, .runtime_ns = SLICE_NS };

	if (sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		syscall(SYS_sched_setattr, 0, &brief, 0);
}

static void work_in_child(int fd, void (*work)(const void *argument, struct hand_answer *answer), const void *argument)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE };
	struct hand_answer answer = { .err = ERROR_INIT };
	ssize_t put;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	come_first();
	work(argument, &answer);
	put = write(fd, &answer, sizeof answer);
	_exit(put == sizeof answer ? 0 : 1);
}

int hand_begin(struct hand *hand, void (*work)(const void *argument, struct hand_answer *answer), const void *argument,
	struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot make a pipe: %s", strerror(errno));
	hand->pid = fork();
	if (hand->pid == 0)
		work_in_child(ends[1], work, argument);
	close(ends[1]);
	hand->fd = ends[0];
	if (hand->pid > 0)
		return 0;
	close(ends[0]);
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot start a process: %s", strerror(errno));
}

bool hand_ends(struct hand *hand, unsigned int ms, struct hand_answer *answer)
{
	struct pollfd wait = { .fd = hand->fd, .events = POLLIN };
	ssize_t got;

	if (poll(&wait, 1, (int)ms) <= 0)
		return false;
	got = read(hand->fd, answer, sizeof *answer);
	close(hand->fd);
	while (waitpid(hand->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got == sizeof *answer)
		return true;
	*answer = (struct hand_answer){ .result = -1, .err = ERROR_INIT };
	error_status(&answer->err, EXIT_MEMTRACE_FAILED, "the process that was to hold the program has died");
	return true;
}
