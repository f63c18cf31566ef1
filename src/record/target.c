/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting the program. It gets our environment with LD_PRELOAD (ours first, so that RTLD_NEXT reaches an existing one) and
 * the channel, our descriptors, our signal dispositions as we were given them: everything else as without memtrace.
 *
 * Signals: what a terminal sends goes to the whole foreground group, the program included, so we only survive it; what
 * somebody sends to us alone is passed on to the program, but for the signals that ask something of us (target_keep_signal).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/memory.h"
#include "record/procfs.h"
#include "record/target.h"

static const int forwarded[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT };
enum { N_FORWARDED = sizeof forwarded / sizeof *forwarded };

static volatile pid_t signal_target;
static volatile unsigned int kept[64], asked[64]; /* by signal: how often it came, + 1; 0: it is passed on */
static struct pool *signal_pool;
static volatile sig_atomic_t adopted, asked_to_leave;

/* What we need more of than the program: sizes of files and of memory, descriptors, processes, time. */
static const __rlimit_resource_t raised[TARGET_LIMITS] = { RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_NOFILE, RLIMIT_NPROC,
	RLIMIT_CPU };

void target_raise_limits(struct target_limits *limits)
{
	for (int i = 0; i < TARGET_LIMITS; i++) {
		struct rlimit *given = &limits->given[i];

		getrlimit(raised[i], given);
		setrlimit(raised[i], &(struct rlimit){ given->rlim_max, given->rlim_max });
	}
}

static void pass_on(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (info->si_code <= 0 && kept[number]) {
		kept[number]++;
		pool_awake(signal_pool);
	} else if (adopted) {
		if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT)
			target_ask_to_leave();
	} else if (info->si_code <= 0 && signal_target > 0) {
		kill(signal_target, number);
	}
	errno = saved;
}

static void on_child(int number)
{
	int saved = errno;

	(void)number;
	pool_awake(signal_pool);
	errno = saved;
}

static void take_signals(struct pool *pool)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction child = { .sa_handler = on_child, .sa_flags = SA_RESTART };

	signal_pool = pool;
	for (int i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &action, NULL);
	sigaction(SIGCHLD, &child, NULL);
	sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
}

static void hold_signals(sigset_t *before)
{
	sigset_t all;

	sigemptyset(&all);
	for (int i = 0; i < N_FORWARDED; i++)
		sigaddset(&all, forwarded[i]);
	sigprocmask(SIG_BLOCK, &all, before);
}

/* Those that came just before there was a process to share them with: from now on it is the program that they are for. */
static void share_held_signals(pid_t pid)
{
	sigset_t held;

	sigpending(&held);
	for (int i = 0; i < N_FORWARDED; i++)
		if (sigismember(&held, forwarded[i]) && !kept[forwarded[i]])
			kill(pid, forwarded[i]);
}

void target_keep_signal(int number)
{
	if (!kept[number])
		kept[number] = asked[number] = 1;
}

unsigned int target_kept_signals(int number)
{
	unsigned int before = asked[number];

	asked[number] = kept[number];
	return asked[number] - before;
}

void target_ignore_signals(void)
{
	for (int i = 0; i < N_FORWARDED; i++)
		signal(forwarded[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static void set_environment(struct pool *pool, const char *shim, const char *channel)
{
	const char *before = getenv("LD_PRELOAD");
	char *preload = before && *before ? xasprintf("%s:%s", shim, before) : xstrdup(shim);

	if (*shim)
		setenv("LD_PRELOAD", preload, 1);
	setenv(WIRE_ENVIRONMENT, channel, 1);
	pool_inherit(pool);
}

/* execvp's way with a script that names no interpreter. */
static void exec_program(const struct target_program *program)
{
	size_t count = 0;
	char **arguments;

	execv(program->path, program->arguments);
	if (errno != ENOEXEC)
		return;
	while (program->arguments[count])
		count++;
	arguments = xcalloc(count + 2, sizeof *arguments);
	arguments[0] = (char *)"/bin/sh";
	arguments[1] = (char *)program->path;
	memcpy(arguments + 2, program->arguments + 1, count * sizeof *arguments);
	execv(arguments[0], arguments);
}

static void child(struct pool *pool, const struct target_program *program, const char *channel, const int ends[4])
{
	char go;
	int failure;

	close(ends[1]);
	close(ends[2]);
	for (int i = 0; i < TARGET_LIMITS; i++)
		setrlimit(raised[i], &program->limits->given[i]);
	if (read(ends[0], &go, 1) != 1)
		_exit(EXIT_MEMTRACE_FAILED);
	close(ends[0]);
	if (program->shim)
		set_environment(pool, program->shim, channel);
	exec_program(program);
	failure = errno;
	if (write(ends[3], &failure, sizeof failure) < 0)
		failure = 0;
	_exit(EXIT_NOT_FOUND);
}

int target_hold(struct target *target, struct pool *pool, const struct target_program *program, struct error *err)
{
	char *channel = pool_environment(pool); /* here: it names this process */
	sigset_t before;
	int ends[4];

	memset(target, 0, sizeof *target);
	if (pipe2(ends, O_CLOEXEC) < 0 || pipe2(ends + 2, O_CLOEXEC) < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot make a pipe: %s", strerror(errno));
	hold_signals(&before);
	target->pid = fork();
	if (target->pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		child(pool, program, channel, ends);
	}
	signal_target = target->pid < 0 ? 0 : target->pid;
	take_signals(pool);
	if (target->pid > 0)
		share_held_signals(target->pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(channel);
	close(ends[3]);
	target->gate = ends[1];
	target->gate_reader = ends[0];
	target->report = ends[2];
	if (target->pid < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot start a process: %s", strerror(errno));
	return 0;
}

int target_go(struct target *target, const struct target_program *program, struct error *err)
{
	int failure = 0;
	ssize_t got;

	if (write(target->gate, "g", 1) < 0)
		failure = errno;
	close(target->gate);
	close(target->gate_reader);
	if (program->attend)
		program->attend(program->attend_data);
	do
		got = read(target->report, &failure, sizeof failure);
	while (got < 0 && errno == EINTR);
	close(target->report);
	if (got != sizeof failure)
		return 0;
	waitpid(target->pid, &target->status, 0);
	return error_status(err, failure == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot run '%s': %s",
		program->arguments[0], failure == ENOENT ? "its interpreter is not there" : strerror(failure));
}

void target_cancel(struct target *target)
{
	close(target->gate);
	close(target->gate_reader);
	close(target->report);
	waitpid(target->pid, &target->status, 0);
}

void target_ask_to_leave(void)
{
	asked_to_leave = 1;
	pool_awake(signal_pool);
}

int target_adopt(struct target *target, struct pool *pool, pid_t pid, struct error *err)
{
	memset(target, 0, sizeof *target);
	target->pid = pid;
	target->adopted = true;
	target->stack_start = procfs_stack_start(pid);
	target->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (target->pidfd < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot watch process %d: %s", (int)pid, strerror(errno));
	adopted = 1;
	take_signals(pool);
	return 0;
}

/* Another program in its place knows nothing of us. */
static bool poll_adopted(struct target *target)
{
	struct pollfd end = { .fd = target->pidfd, .events = POLLIN };

	if (!target->ended && (poll(&end, 1, 0) > 0 || procfs_stack_start(target->pid) != target->stack_start))
		target->ended = true;
	if (!target->ended && asked_to_leave)
		target->left = true;
	return target->ended || target->left;
}

bool target_poll(struct target *target)
{
	if (target->adopted)
		return poll_adopted(target);

	if (!target->ended && wait4(target->pid, &target->status, WNOHANG, &target->usage) == target->pid) {
		target->ended = true;
		signal_target = 0;
	}
	return target->ended;
}

int target_exit_status(const struct target *target)
{
	if (target->adopted)
		return 0;
	return WIFSIGNALED(target->status) ? 128 + WTERMSIG(target->status) : WEXITSTATUS(target->status);
}
