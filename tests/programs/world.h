/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program can see of its surroundings and that must not depend on memtrace: descriptors, signals, limits, threads,
 * its status. world_say prints it, a fact a line, without allocating; the test compares it with what is printed untraced.
 */
#ifndef WORLD_H
#define WORLD_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "truth.h"

static inline void world_say_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat info;

		if (fstat(fd, &info) == 0)
			SAY("fd %d: mode %o flags %d %d\n", fd, info.st_mode, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	}
}

static inline void world_say_signals(void)
{
	struct sigaction action;
	stack_t stack;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int i = 1; i < 65; i++) {
		if (sigaction(i, NULL, &action))
			continue;
		SAY("signal %d: %s %s\n", i, sigismember(&mask, i) ? "blocked" : "open",
			action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "handled");
	}
	if (sigaltstack(NULL, &stack) == 0)
		SAY("alternate stack: %zu bytes, flags %d\n", stack.ss_size, stack.ss_flags);
}

static inline void world_say_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		getrlimit(i, &limit);
		SAY("limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
	}
}

static inline void world_say_status(void)
{
	static const char *const wanted[] = { "Name:", "Threads:", "Umask:", "TracerPid:", "NoNewPrivs:", "Seccomp:", "Uid:", "SigCgt:" };
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	text[size < 0 ? 0 : size] = 0;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				SAY("%s\n", line);
}

static inline void world_say(void)
{
	world_say_descriptors();
	world_say_signals();
	world_say_limits();
	world_say_status();
}

#endif
