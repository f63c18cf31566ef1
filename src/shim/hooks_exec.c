/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec and posix_spawn in all forms: announced, so that the collector knows what a process turned
 * into, or that it started one that cannot be traced. Never altered: a child whose environment has
 * been emptied stays untraced.
 *
 * exec_pending stands from just before an exec until it has failed; the new image starts an entry
 * of its own. A vfork child shares our memory but is another process, which is no exec of ours: it
 * only sends the announcement.
 */
#include <alloca.h>
#include <stdarg.h>
#include <stdio.h>
#include "shim/channel.h"
#include "shim/sys.h"
#include "shim/tell.h"

extern char **environ;

/* True: the exec is this process's own, and is_over must follow if it returns. */
static bool announce(void *frame, const char *path, bool replaces)
{
	struct call call;

	if (!call_begin(&call, frame))
		return false;
	tell_exec(&call, path);
	if (!replaces || sys_getpid() != atomic_load(&channel.process->pid))
		return false;
	atomic_store(&channel.process->exec_pending, 1);
	return true;
}

static int is_over(bool pending, int status)
{
	if (pending)
		atomic_store(&channel.process->exec_pending, 0);
	return status;
}

#define EXEC_HOOK(name, params, args, path)                                                        \
	SHIM_EXPORT int name params                                                                \
	{                                                                                          \
		bool pending = announce(__builtin_frame_address(0), path, true);                   \
                                                                                                   \
		return is_over(pending, real.name args);                                           \
	}

EXEC_HOOK(execve, (const char *path, char *const argv[], char *const envp[]), (path, argv, envp),
	path)
EXEC_HOOK(execv, (const char *path, char *const argv[]), (path, argv), path)
EXEC_HOOK(execvp, (const char *file, char *const argv[]), (file, argv), file)
EXEC_HOOK(execvpe, (const char *file, char *const argv[], char *const envp[]), (file, argv, envp),
	file)
EXEC_HOOK(fexecve, (int fd, char *const argv[], char *const envp[]), (fd, argv, envp), argv[0])
EXEC_HOOK(execveat, (int fd, const char *path, char *const argv[], char *const envp[], int flags),
	(fd, path, argv, envp, flags), path)

/* The l forms: their arguments become a vector on the stack, as libc does it. VARIADIC's first
 * is FIRST. */
#define COUNT(list, first, n)                                                                      \
	do {                                                                                       \
		va_start(list, first);                                                             \
		for (n = 1; va_arg(list, char *); n++)                                             \
			;                                                                          \
		va_end(list);                                                                      \
	} while (0)
#define FILL(list, first, argv, n)                                                                 \
	do {                                                                                       \
		va_start(list, first);                                                             \
		argv[0] = (char *)first;                                                           \
		for (size_t i_ = 1; i_ <= n; i_++)                                                 \
			argv[i_] = va_arg(list, char *);                                           \
	} while (0)

#define EXECL_HOOK(name, target, environment)                                                      \
	SHIM_EXPORT int name(const char *path, const char *first, ...)                             \
	{                                                                                          \
		bool pending = announce(__builtin_frame_address(0), path, true);                   \
		va_list list;                                                                      \
		char **argv, *const *envp;                                                         \
		size_t n;                                                                          \
                                                                                                   \
		COUNT(list, first, n);                                                             \
		argv = alloca((n + 1) * sizeof *argv);                                             \
		FILL(list, first, argv, n);                                                        \
		envp = environment;                                                                \
		va_end(list);                                                                      \
		return is_over(pending, real.target(path, argv, envp));                            \
	}

EXECL_HOOK(execl, execve, environ)
EXECL_HOOK(execlp, execvpe, environ)
EXECL_HOOK(execle, execve, va_arg(list, char *const *))

#define SPAWN_HOOK(name)                                                                           \
	SHIM_EXPORT int name(pid_t *pid, const char *path, const void *actions,                    \
		const void *attributes, char *const argv[], char *const envp[])                    \
	{                                                                                          \
		announce(__builtin_frame_address(0), path, false);                                 \
		return real.name(pid, path, actions, attributes, argv, envp);                      \
	}

SPAWN_HOOK(posix_spawn)
SPAWN_HOOK(posix_spawnp)
