/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-nonnull */
/*
 * faults: asks for programs with pointers that lead nowhere, or to the very end of what can be read. Each is refused by the
 * kernel (or by libc), and harms nobody.
 */
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "truth.h"

extern char **environ;

enum { PAGE = 4096 };

static char *nowhere = (char *)8, *edge;
static char *fine[] = { "/bin/true", NULL };

static void say(const char *what, long result)
{
	SAY("%s: %ld, errno %d\n", what, result, errno);
	errno = 0;
	GONE(30, free(MADE(30, malloc(30))));
}

static void paths(void)
{
	say("execve of a path nowhere", execve(nowhere, fine, environ));
	say("execve of no path", execve(NULL, fine, environ));
	say("execve of an empty path", execve("", fine, environ));
	say("execve of a path that does not end", execve(edge, fine, environ));
	say("execv of a path nowhere", execv(nowhere, fine));
	say("execl of a path nowhere", execl(nowhere, "x", NULL));
	say("execvp of nothing", execvp("", fine));
	say("execveat of a path nowhere", execveat(AT_FDCWD, nowhere, fine, environ, 0));
	say("posix_spawn of a path nowhere", posix_spawn(&(pid_t){ 0 }, nowhere, NULL, NULL, fine, environ));
	say("execve of a path nowhere, by number", syscall(SYS_execve, nowhere, fine, environ));
	say("execveat of a path nowhere, by number", syscall(SYS_execveat, AT_FDCWD, nowhere, fine, environ, 0));
}

static void lists(void)
{
	char *list[] = { "A=1", (char *)16, NULL }, *endless[] = { "LD_PRELOAD=", edge, NULL }, **last = (char **)(edge + PAGE) - 2;

	say("execve with arguments nowhere", execve("/bin/true", (char **)nowhere, environ));
	say("execve with an argument nowhere", execve("/bin/true", list, environ));
	say("execve with an environment nowhere", execve("/bin/true", fine, (char **)nowhere));
	say("execve with a variable nowhere", execve("/bin/true", fine, list));
	say("execve with a variable that does not end", execve("/bin/true", fine, endless));
	last[0] = last[1] = "A=1";
	say("execve with an environment that does not end", execve("/bin/true", fine, last));
	say("execveat with a variable nowhere", execveat(AT_FDCWD, "/bin/true", fine, list, 0));
	say("execvpe with an environment nowhere", execvpe("true", fine, (char **)nowhere));
	say("posix_spawn with a variable nowhere", posix_spawn(&(pid_t){ 0 }, "/bin/true", NULL, NULL, fine, list));
	say("posix_spawnp with an environment nowhere", posix_spawnp(&(pid_t){ 0 }, "true", NULL, NULL, fine, (char **)nowhere));
	say("fexecve without arguments", fexecve(0, NULL, environ));
	say("fexecve with arguments nowhere", fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), (char **)nowhere, environ));
	say("fexecve without an environment", fexecve(0, fine, NULL));
	say("fexecve with an environment nowhere", fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), fine, (char **)nowhere));
	say("execve with a variable nowhere, by number", syscall(SYS_execve, "/bin/true", fine, list));
}

int main(void)
{
	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED || mprotect(edge + PAGE, PAGE, PROT_NONE))
		return 77;
	truth_made(2 * PAGE);
	memset(edge, 'x', PAGE);
	paths();
	lists();
	truth_write(NULL);
	return 3;
}
