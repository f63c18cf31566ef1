/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec and posix_spawn in all forms: announced, so that the collector knows what a process turned
 * into, or that it started one that cannot be traced. A child whose environment has been emptied
 * stays untraced. One thing is altered: a program that would refuse to run behind our library
 * (runtime.h) gets an environment that does not name it, whether this process is traced or not.
 *
 * exec_pending stands from just before an exec until it has failed; the new image starts an entry
 * of its own. A vfork child shares our memory but is another process, which is no exec of ours: it
 * only sends the announcement.
 */
#include <alloca.h>
#include <stdarg.h>
#include <stdio.h>
#include "shim/channel.h"
#include "shim/pointers.h"
#include "shim/preload.h"
#include "shim/ring.h"
#include "shim/runtime.h"
#include "shim/sys.h"
#include "shim/tell.h"

enum { ON_STACK = 1 << 14 };

extern char **environ;

/* What is about to be started. */
struct start {
	void *frame;		/* of the hook */
	char *const *arguments; /* whose first is announced; none: the path is */
	int fd;
	const char *path; /* "": fd itself */
	char *const *envp;
	bool search, replaces;
	bool pending; /* out: the exec is this process's own, and is_over must follow if it returns
		       */
};

static bool announce(void *frame, const char *path, bool replaces)
{
	struct call call;

	if (!call_begin(&call, frame))
		return false;
	tell_exec(&call, path);
	if (!replaces || sys_getpid() != atomic_load(&channel.process->pid))
		return false;
	atomic_store(&channel.process->exec_pending, 1);
	/* Also what other threads have left. */
	if (channel.piped)
		ring_flush_all(false);
	return true;
}

/* What the kernel will refuse is not ours to look at. */
static bool is_sound(const struct start *start)
{
	return pointers_text(start->path) && pointers_list(start->envp) &&
	       pointers_list(start->arguments);
}

/* Announces; 0: all is well, else the bytes for an environment without us. */
static size_t prepare(struct start *start)
{
	struct runtime_work *work = NULL;
	const char *path = start->path, *folders, *name;
	bool runtime, named;

	if (!is_sound(start))
		return 0;
	named = preload_names_us(start->envp, &runtime);
	if ((named || start->search) && !channel.jail && !channel.confined)
		work = sys_mmap(sizeof *work, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (work && start->search) {
		folders = preload_variable(environ, "PATH=");
		path = runtime_search(work, path, folders ? folders : "/bin:/usr/bin");
	}
	name = start->arguments && *start->arguments ? *start->arguments : path;
	start->pending = announce(start->frame, name, start->replaces);
	named = named && work && (runtime || runtime_refuses_us(work, start->fd, path));
	if (work)
		sys_munmap(work, sizeof *work);
	return named ? preload_copy_bytes(start->envp) : 0;
}

static int is_over(bool pending, int status)
{
	if (pending)
		atomic_store(&channel.process->exec_pending, 0);
	return status;
}

/* In the hook's own frame: nobody could give it back after a vfork child's exec. Only a huge one is
 * mapped. */
#define ROOM(bytes)                                                                                \
	((bytes) <= ON_STACK ? alloca(bytes) : sys_mmap(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))

/* CHANGED: the real call with another environment, `others`. */
#define EXEC_HOOK(name, params, args, fd_, path_, envp_, search_, changed)                         \
	SHIM_EXPORT int name params                                                                \
	{                                                                                          \
		struct start start = {.frame = __builtin_frame_address(0),                         \
			.fd = fd_,                                                                 \
			.path = path_,                                                             \
			.envp = envp_,                                                             \
			.search = search_,                                                         \
			.replaces = true};                                                         \
		size_t bytes = prepare(&start);                                                    \
		void *room = bytes ? ROOM(bytes) : NULL;                                           \
		char *const *others = room ? preload_copy(room, bytes, start.envp) : NULL;         \
                                                                                                   \
		return is_over(start.pending, others ? changed : real.name args);                  \
	}

EXEC_HOOK(execve, (const char *path, char *const argv[], char *const envp[]), (path, argv, envp),
	AT_FDCWD, path, envp, false, real.execve(path, argv, others))
EXEC_HOOK(execv, (const char *path, char *const argv[]), (path, argv), AT_FDCWD, path, environ,
	false, real.execve(path, argv, others))
EXEC_HOOK(execvp, (const char *file, char *const argv[]), (file, argv), AT_FDCWD, file, environ,
	true, real.execvpe(file, argv, others))
EXEC_HOOK(execvpe, (const char *file, char *const argv[], char *const envp[]), (file, argv, envp),
	AT_FDCWD, file, envp, true, real.execvpe(file, argv, others))
EXEC_HOOK(execveat, (int fd, const char *path, char *const argv[], char *const envp[], int flags),
	(fd, path, argv, envp, flags), fd, path, envp, false,
	real.execveat(fd, path, argv, others, flags))

/* Where syscall jumps to, with its own arguments: see hooks_jail.c. */
__attribute__((visibility("hidden"), used)) long exec_by_number(
	long number, long first, long second, long third, long fourth, long fifth)
{
	if (number == SYS_execve)
		return execve((const char *)first, (char *const *)second, (char *const *)third);
	return execveat((int)first, (const char *)second, (char *const *)third,
		(char *const *)fourth, (int)fifth);
}

SHIM_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	struct start start = {.frame = __builtin_frame_address(0),
		.arguments = argv,
		.fd = fd,
		.path = "",
		.envp = envp,
		.replaces = true};
	size_t bytes = prepare(&start);
	void *room = bytes ? ROOM(bytes) : NULL;
	char *const *others = room ? preload_copy(room, bytes, envp) : envp;

	return is_over(start.pending, real.fexecve(fd, argv, others));
}

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

#define EXECL_HOOK(name, target, environment, search_)                                             \
	SHIM_EXPORT int name(const char *path, const char *first, ...)                             \
	{                                                                                          \
		struct start start = {.frame = __builtin_frame_address(0),                         \
			.fd = AT_FDCWD,                                                            \
			.path = path,                                                              \
			.search = search_,                                                         \
			.replaces = true};                                                         \
		va_list list;                                                                      \
		char **argv;                                                                       \
		void *room;                                                                        \
		size_t n, bytes;                                                                   \
                                                                                                   \
		COUNT(list, first, n);                                                             \
		argv = alloca((n + 1) * sizeof *argv);                                             \
		FILL(list, first, argv, n);                                                        \
		start.envp = environment;                                                          \
		va_end(list);                                                                      \
		bytes = prepare(&start);                                                           \
		room = bytes ? ROOM(bytes) : NULL;                                                 \
		if (room)                                                                          \
			start.envp = preload_copy(room, bytes, start.envp);                        \
		return is_over(start.pending, real.target(path, argv, start.envp));                \
	}

EXECL_HOOK(execl, execve, environ, false)
EXECL_HOOK(execlp, execvpe, environ, true)
EXECL_HOOK(execle, execve, va_arg(list, char *const *), false)

#define SPAWN_HOOK(name, search_)                                                                  \
	SHIM_EXPORT int name(pid_t *pid, const char *path, const void *actions,                    \
		const void *attributes, char *const argv[], char *const envp[])                    \
	{                                                                                          \
		struct start start = {.frame = __builtin_frame_address(0),                         \
			.fd = AT_FDCWD,                                                            \
			.path = path,                                                              \
			.envp = envp,                                                              \
			.search = search_};                                                        \
		size_t bytes = prepare(&start);                                                    \
		void *room = bytes ? ROOM(bytes) : NULL;                                           \
		char *const *others = room ? preload_copy(room, bytes, envp) : envp;               \
                                                                                                   \
		return real.name(pid, path, actions, attributes, argv, others);                    \
	}

SPAWN_HOOK(posix_spawn, false)
SPAWN_HOOK(posix_spawnp, true)
