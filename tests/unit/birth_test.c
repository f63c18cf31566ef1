/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child that is held where its new image begins: what is done for it, that it then runs as if nothing had been, how it may end before. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remote/birth.h"
#include "remote/peek.h"

static int gate[2];
static struct birth birth;

/* A child that waits, then becomes SHELL's COMMAND. */
static void begin(const char *shell, const char *command)
{
	struct error err = ERROR_INIT;
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(gate), 0);
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) == 1)
			execl(shell, "sh", "-c", command, NULL);
		_exit(99);
	}
	if (birth_seize(&birth, pid, &err) < 0) {
		kill(pid, SIGKILL);
		cr_skip_test("ptrace is not allowed here");
	}
}

static void go(void)
{
	cr_assert_eq(write(gate[1], "g", 1), 1);
	birth_attend(&birth);
	close(gate[0]);
	close(gate[1]);
}

static int status_of(void)
{
	int status;

	cr_assert_eq(waitpid(birth.pid, &status, 0), birth.pid);
	return status;
}

static void call(long number, const long arguments[6], long want)
{
	struct error err = ERROR_INIT;
	long result;

	cr_assert_eq(birth_call(&birth, number, arguments, &result, &err), 0, "%s", err.text);
	cr_assert_eq(result, want, "%ld: %ld", number, result);
}

Test(birth, is_held_and_runs)
{
	struct error err = ERROR_INIT;
	uint8_t before[2], after[2];

	begin("/bin/sh", "exit 42");
	go();
	cr_assert(!birth.ended);
	cr_assert_eq(birth_hold(&birth, &err), 0, "%s", err.text);
	memcpy(before, birth.code, sizeof before);
	call(SYS_getpid, (const long[6]){ 0 }, birth.pid);
	call(SYS_close, (const long[6]){ -1 }, -EBADF);
	cr_assert_eq(birth_write(&birth, birth.registers.rsp - 64, "text", 5, &err), 0);
	call(SYS_openat, (const long[6]){ -1, (long)birth.registers.rsp - 64, 0 }, -EBADF);
	birth.registers.rip = birth.at;
	cr_assert_eq(birth_release(&birth, &err), 0, "%s", err.text);
	if (peek(birth.pid, birth.at, after, sizeof after)) /* it may have ended */
		cr_assert_eq(memcmp(before, after, sizeof after), 0);
	cr_assert_eq(WEXITSTATUS(status_of()), 42);
}

/* What came meanwhile is the program's, and its mask is what it was. */
Test(birth, signals_wait)
{
	struct error err = ERROR_INIT;
	int status;

	begin("/bin/sh", "exit 42");
	go();
	cr_assert_eq(birth_hold(&birth, &err), 0);
	kill(birth.pid, SIGTERM);
	kill(birth.pid, SIGSTOP);
	call(SYS_getpid, (const long[6]){ 0 }, birth.pid);
	call(SYS_getpid, (const long[6]){ 0 }, birth.pid);
	cr_assert_eq(birth_release(&birth, &err), 0);
	/* The stop, unless the end comes first. */
	cr_assert_eq(waitpid(birth.pid, &status, WUNTRACED), birth.pid);
	if (WIFSTOPPED(status)) {
		kill(birth.pid, SIGCONT);
		status = status_of();
	}
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

Test(birth, ends_before_it_execs)
{
	begin("/nowhere", "");
	go();
	cr_assert(birth.ended);
	cr_assert_eq(WEXITSTATUS(status_of()), 99); /* its parent has yet to hear of it */
}

Test(birth, is_killed_while_it_is_held)
{
	struct error err = ERROR_INIT;
	long result = 0;

	begin("/bin/sh", "exit 42");
	go();
	cr_assert_eq(birth_hold(&birth, &err), 0);
	kill(birth.pid, SIGKILL);
	for (int i = 0; i < 1000 && birth_call(&birth, SYS_getpid, (const long[6]){ 0 }, &result, &err) == 0; i++)
		;
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
	cr_assert_eq(WTERMSIG(status_of()), SIGKILL);
}

/* Whoever holds it dies: so does it. */
Test(birth, dies_with_its_holder)
{
	int ends[2];
	pid_t holder, child = 0;
	char byte;

	cr_assert_eq(pipe(ends), 0);
	holder = fork();
	if (holder == 0) {
		struct error err = ERROR_INIT;

		close(ends[0]);
		begin("/bin/sh", "exit 42"); /* it has the pipe's end, too, and no code of its own closes it */
		go();
		if (birth_hold(&birth, &err) < 0 || write(ends[1], &birth.pid, sizeof birth.pid) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	close(ends[1]);
	cr_assert_eq(read(ends[0], &child, sizeof child), (ssize_t)sizeof child);
	/* Nobody has the other end any more. */
	cr_assert_eq(read(ends[0], &byte, 1), 0);
	cr_assert_eq(waitpid(holder, NULL, 0), holder);
}
