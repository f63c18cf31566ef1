/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * spawns: starts /bin/true by posix_spawn, by vfork and exec, and by system(); a vfork child also allocates, and that heap is
 * the parent's own.
 */
#include <spawn.h>
#include <sys/wait.h>
#include "truth.h"

extern char **environ;

int main(void)
{
	char *arguments[] = { "/bin/true", NULL };
	void *volatile block = MADE(10, malloc(10));
	pid_t pid;
	int status;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) || waitpid(pid, &status, 0) != pid || status)
		return 1;
	if (posix_spawnp(&pid, "no-such-program-anywhere", NULL, NULL, arguments, environ) != ENOENT)
		return 2;
	pid = vfork();
	if (pid == 0) {
		block = MADE(1234, malloc(1234));
		GONE(55, free(MADE(55, malloc(55))));
		execv("/nowhere/at/all", arguments);
		execv("/bin/true", arguments);
		_exit(3);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 3;
	GONE(1234, free(block));
	if (system("exit 9") != 9 << 8)
		return 4;
	(void)MADE(20, malloc(20));
	truth_write(NULL);
	return 0;
}
