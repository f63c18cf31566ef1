/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * starts FORM PROGRAM: starts PROGRAM by one of the functions that do, or by vfork and one, and ends with its status.
 */
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "truth.h"

extern char **environ;

static int spawned(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void become(const char *form, char *path)
{
	char *arguments[] = { path, NULL };

	if (!strcmp(form, "execve"))
		execve(path, arguments, environ);
	else if (!strcmp(form, "execv"))
		execv(path, arguments);
	else if (!strcmp(form, "execvp"))
		execvp(path, arguments);
	else if (!strcmp(form, "execvpe"))
		execvpe(path, arguments, environ);
	else if (!strcmp(form, "execl"))
		execl(path, path, NULL);
	else if (!strcmp(form, "execlp"))
		execlp(path, path, NULL);
	else if (!strcmp(form, "execle"))
		execle(path, path, NULL, environ);
	else if (!strcmp(form, "fexecve"))
		fexecve(open(path, O_RDONLY), arguments, environ);
	else if (!strcmp(form, "execveat"))
		execveat(AT_FDCWD, path, arguments, environ, 0);
	else if (!strcmp(form, "syscall"))
		syscall(SYS_execve, path, arguments, environ);
	else if (!strcmp(form, "syscall_at"))
		syscall(SYS_execveat, AT_FDCWD, path, arguments, environ, 0);
}

int main(int argc, char **argv)
{
	char *arguments[] = { argc > 2 ? argv[2] : NULL, NULL };
	const char *form = argc > 2 ? argv[1] : "";
	pid_t pid;

	if (!strcmp(form, "posix_spawn"))
		return posix_spawn(&pid, argv[2], NULL, NULL, arguments, environ) ? 98 : spawned(pid);
	if (!strcmp(form, "posix_spawnp"))
		return posix_spawnp(&pid, argv[2], NULL, NULL, arguments, environ) ? 98 : spawned(pid);
	if (!strcmp(form, "vfork")) {
		pid = vfork();
		if (pid == 0) {
			execv(argv[2], arguments);
			_exit(97);
		}
		return spawned(pid);
	}
	become(form, argv[2]);
	return 96;
}
