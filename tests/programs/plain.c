/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain [ARG…]: says all that a program can see of its surroundings and that must not depend on memtrace: arguments,
 * descriptors, signals, limits, threads, environment but for the variables that memtrace is known to set.
 * Ends with status 42.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "truth.h"

extern char **environ;

static void say_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat info;

		if (fstat(fd, &info) == 0)
			SAY("fd %d: mode %o flags %d %d\n", fd, info.st_mode, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	}
}

static void say_signals(void)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int i = 1; i < 65; i++) {
		if (sigaction(i, NULL, &action))
			continue;
		SAY("signal %d: %s %s\n", i, sigismember(&mask, i) ? "blocked" : "open",
			action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "handled");
	}
}

static void say_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		getrlimit(i, &limit);
		SAY("limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
	}
}

static void say_status(void)
{
	static const char *const wanted[] = { "Threads:", "Umask:", "TracerPid:", "NoNewPrivs:", "Seccomp:", "SigQ:" };
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t size = read(fd, text, sizeof text - 1);

	close(fd);
	text[size < 0 ? 0 : size] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		for (int i = 0; i < 5; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				SAY("%s\n", line);
}

int main(int argc, char **argv)
{
	char folder[4096];
	void *block;

	for (int i = 0; i < argc; i++)
		SAY("argument %d: %s\n", i, argv[i]);
	SAY("errno at start: %d\n", errno);
	say_descriptors();
	say_signals();
	say_limits();
	say_status();
	SAY("folder: %s, group leader: %d, session's: %d\n", getcwd(folder, sizeof folder) ? folder : "?",
		getpgrp() == getpid(), getpgrp() == getppid() || getpgrp() == getpgid(getppid()));
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, "MEMTRACE_", 9) && strncmp(*entry, "LD_PRELOAD=", 11) && strncmp(*entry, "_=", 2))
			SAY("environment: %s\n", *entry);
	errno = 5;
	block = malloc(100);
	free(block);
	SAY("errno after malloc and free: %d\n", errno);
	truth_say(2, "to stderr\n");
	return 42;
}
