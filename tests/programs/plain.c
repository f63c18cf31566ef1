/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain [ARG…]: says all that a program can see of its surroundings and that must not depend on memtrace: arguments,
 * descriptors, signals, limits, threads, environment but for the variables that memtrace is known to set.
 * Ends with status 42.
 */
#include "world.h"

extern char **environ;

int main(int argc, char **argv)
{
	char folder[4096];
	void *block;

	for (int i = 0; i < argc; i++)
		SAY("argument %d: %s\n", i, argv[i]);
	SAY("errno at start: %d\n", errno);
	world_say();
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
