/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seccomp filters of a child, as they are read out of the kernel: each thread has its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "remote/filters.h"
#include "unit/tracee.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)

static void install(unsigned int call, unsigned int action)
{
	struct sock_filter filter[] = { LOAD(nr), IF(call, 0, 1), RETURN(action), RETURN(SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		tracee_shared->failed = 1;
}

static void rest(void)
{
	tracee_ready();
	for (;;)
		pause();
}

static void free_(void)
{
	rest();
}

static void lenient(void)
{
	install(SYS_ptrace, SECCOMP_RET_KILL_PROCESS);
	install(SYS_socketpair, SECCOMP_RET_ERRNO | EPERM);
	install(SYS_mremap, SECCOMP_RET_LOG);
	rest();
}

/* The first filter of a thread that is not the first. */
static void deadly_elsewhere(void)
{
	if (gettid() != getpid()) {
		install(SYS_mremap, SECCOMP_RET_KILL_PROCESS);
		install(SYS_ptrace, SECCOMP_RET_KILL_PROCESS);
	}
	rest();
}

static void refuses_what_is_needed(void)
{
	install(SYS_mprotect, SECCOMP_RET_ERRNO | EPERM);
	rest();
}

static void asks_somebody(void)
{
	install(SYS_socketpair, SECCOMP_RET_TRAP);
	rest();
}

static int judge(void (*body)(void), struct error *err)
{
	pid_t pid = tracee_start(body, 1);
	struct process process;
	int verdict;

	*err = (struct error)ERROR_INIT;
	cr_assert_eq(tracee_shared->failed, 0);
	cr_assert_eq(process_seize(&process, pid, err), 0, "%s", err->text);
	verdict = filters_judge(&process, err);
	process_release(&process);
	tracee_kill(pid);
	return verdict;
}

Test(filters, are_read_and_run, .init = tracee_needs_ptrace)
{
	struct error err;
	int verdict;

	cr_assert_eq(judge(free_, &err), 0, "%s", err.text);
	verdict = judge(lenient, &err);
	if (verdict < 0 && strstr(err.text, "cannot be read"))
		cr_skip_test("%s", err.text);
	cr_assert_eq(verdict, 1, "%s", err.text);
	cr_assert_eq(judge(deadly_elsewhere, &err), -1);
	cr_assert_not_null(strstr(err.text, "does not allow mremap"), "%s", err.text);
	cr_assert_eq(judge(refuses_what_is_needed, &err), -1);
	cr_assert_not_null(strstr(err.text, "does not allow mprotect"), "%s", err.text);
	cr_assert_eq(judge(asks_somebody, &err), -1);
	cr_assert_not_null(strstr(err.text, "does not allow socketpair"), "%s", err.text);
}
