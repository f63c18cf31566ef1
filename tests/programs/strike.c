/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ldflags: -lutil */
/*
 * strike WHAT AT COMMAND…: runs COMMAND as a shell would in a terminal, and as it enters its AT-th system call (0: never), or for
 * NAME:AT the AT-th of that name, something happens to it: kill (SIGKILL), int or quit (somebody types ^C or ^\\ at that
 * terminal), hup (the terminal is gone), stop (it stands still for a while, then goes on), slow (each call takes 3 ms from then
 * on), all (its whole process group is killed). So a test comes by every moment of a run without waiting for any.
 *
 * Then it waits for the command and for all that it leaves behind, which become its children, and says of each how it ended, a
 * line each: "command: exit 3", "child NAME: signal 9"; at last "calls: N" of the command, or "struck" if it came to that.
 */
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include "truth.h"

static const struct {
	const char *name;
	unsigned long number;
} names[] = { { "clone", SYS_clone }, { "write", SYS_write }, { "linkat", SYS_linkat }, { "rename", SYS_rename },
	{ "wait4", SYS_wait4 }, { "exit_group", SYS_exit_group }, { "ptrace", SYS_ptrace },
	{ "pwrite64", SYS_pwrite64 } };

static const char *what;
static int terminal;
static long at;
static unsigned long only = -1ul; /* calls of this number count, or all */

static void parse_at(const char *text)
{
	const char *colon = strchr(text, ':');

	at = strtol(colon ? colon + 1 : text, NULL, 10);
	for (size_t i = 0; colon && i < sizeof names / sizeof *names; i++)
		if (strncmp(text, names[i].name, (size_t)(colon - text)) == 0)
			only = names[i].number;
	if (colon && only == -1ul)
		_exit(98);
}

static int counts(pid_t pid)
{
	struct user_regs_struct registers;

	if (only == -1ul)
		return 1;
	return ptrace(PTRACE_GETREGS, pid, NULL, &registers) == 0 && registers.orig_rax == only;
}

static void start(char **command)
{
	setpgid(0, 0);
	tcsetpgrp(0, getpid());
	signal(SIGTTOU, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(command[0], command);
	_exit(99);
}

/* The terminal takes its time. Whoever else is in the group gets it at once too, and 10 ms to do something about it. */
static void by_terminal(pid_t pid, int number)
{
	char file[64], text[4096], *pending;
	int fd, size;

	if (number == SIGHUP)
		close(terminal), kill(-pid, SIGHUP); /* as the shell tells its jobs */
	else if (write(terminal, number == SIGINT ? "\003" : "\034", 1) != 1)
		_exit(99);
	snprintf(file, sizeof file, "/proc/%d/status", pid);
	for (int i = 0; i < 1000; i++) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		size = (int)read(fd, text, sizeof text - 1);
		close(fd);
		text[size < 0 ? 0 : size] = 0;
		usleep(10000);
		pending = strstr(text, "ShdPnd:");
		if (pending && strtoull(pending + 7, NULL, 16) & 1ull << (number - 1))
			return;
	}
	_exit(99);
}

static void hit(pid_t pid)
{
	if (strcmp(what, "kill") == 0)
		kill(pid, SIGKILL);
	else if (strcmp(what, "all") == 0)
		kill(-pid, SIGKILL);
	else if (strcmp(what, "stop") == 0)
		kill(pid, SIGSTOP);
	else
		by_terminal(pid, strcmp(what, "hup") == 0 ? SIGHUP : strcmp(what, "quit") == 0 ? SIGQUIT : SIGINT);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	if (strcmp(what, "stop") == 0) {
		usleep(100000);
		kill(pid, SIGCONT);
	}
}

static void say_end(const char *who, int status)
{
	if (WIFSIGNALED(status))
		SAY("%s: signal %d\n", who, WTERMSIG(status));
	else
		SAY("%s: exit %d\n", who, WEXITSTATUS(status));
}

/* The command's calls, until it is struck (-1) or has ended. */
static long follow(pid_t pid)
{
	long calls = 0;
	int status, number = 0;

	for (int inside = 0;;) {
		if (waitpid(pid, &status, 0) < 0)
			_exit(99);
		if (!WIFSTOPPED(status)) {
			say_end("command", status);
			return calls;
		}
		number = WSTOPSIG(status);
		if (number == (SIGTRAP | 0x80)) {
			inside = !inside;
			number = 0;
			if (inside && counts(pid) && ++calls >= at && at) {
				if (strcmp(what, "slow")) {
					hit(pid);
					return -1;
				}
				usleep(3000);
			}
		} else if (number == SIGTRAP) {
			number = 0; /* the exec */
			ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
		}
		ptrace(PTRACE_SYSCALL, pid, NULL, (long)number);
	}
}

/* Whatever is left, each child as it ends. */
static void gather(pid_t command)
{
	siginfo_t info;
	int status;

	while (info.si_pid = 0, waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) {
		char file[64], name[64] = "child ", *end;
		int fd, size;

		snprintf(file, sizeof file, "/proc/%d/comm", info.si_pid);
		fd = open(file, O_RDONLY | O_CLOEXEC);
		size = fd < 0 ? 0 : (int)read(fd, name + 6, sizeof name - 7);
		close(fd);
		name[6 + (size < 0 ? 0 : size)] = 0;
		if ((end = strchr(name, '\n')))
			*end = 0;
		waitpid(info.si_pid, &status, 0);
		say_end(info.si_pid == command ? "command" : name, status);
	}
}

int main(int argc, char **argv)
{
	int slave;
	pid_t pid;
	long calls;

	if (argc < 4 || openpty(&terminal, &slave, NULL, NULL, NULL) < 0)
		return 98;
	what = argv[1];
	parse_at(argv[2]);
	/* Who leads a process group cannot begin a session. */
	pid = fork();
	if (pid > 0) {
		int status;

		close(terminal);
		close(slave);
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
	}
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return 98;
	dup2(slave, 0);
	fcntl(terminal, F_SETFD, FD_CLOEXEC);
	close(slave);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	pid = fork();
	if (pid == 0)
		start(argv + 3);
	setpgid(pid, pid);
	calls = follow(pid);
	gather(pid);
	if (calls < 0)
		SAY("struck\n");
	else
		SAY("calls: %ld\n", calls);
	return 0;
}
