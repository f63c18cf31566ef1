/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See birth.h. System calls are made at the program's first instruction, whose bytes are lent for it, from one stop at the end of a
 * system call to the next; the first is that of its exec.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include "remote/birth.h"
#include "remote/peek.h"

enum { OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD, SYSCALL_STOP = SIGTRAP | 0x80, MASK_BYTES = 8 };

static const uint8_t syscall_code[] = { 0x0f, 0x05 };

static int gone(struct birth *birth, struct error *err)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)birth->pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid == birth->pid)
		birth->ended = true;
	return error_status(err, EXIT_MEMTRACE_FAILED, "the program was ended while memtrace prepared it");
}

int birth_seize(struct birth *birth, pid_t pid, struct error *err)
{
	memset(birth, 0, sizeof *birth);
	birth->pid = pid;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (long)OPTIONS) == 0)
		return 0;
	error_status(err, EXIT_MEMTRACE_FAILED, "ptrace, which this needs, is not allowed here: %s", strerror(errno));
	return errno == EPERM ? error_hint(err, "see kernel.yama.ptrace_scope (ptrace(2)); in a container, --cap-add=SYS_PTRACE") : -1;
}

/* The next stop. -1: it has ended, which its parent has yet to hear of. */
static int wait_stop(struct birth *birth, int *status)
{
	siginfo_t info = { 0 };
	int result;

	do
		result = waitid(P_PID, (id_t)birth->pid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL);
	while (result < 0 && errno == EINTR);
	birth->ended = result < 0 || (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED);
	return birth->ended || waitpid(birth->pid, status, __WALL) != birth->pid || !WIFSTOPPED(*status) ? -1 : 0;
}

void birth_attend(void *birth_)
{
	struct birth *birth = birth_;
	int status;

	while (wait_stop(birth, &status) == 0) {
		int event = status >> 16;

		if (event == PTRACE_EVENT_EXEC)
			return;
		if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
			ptrace(PTRACE_LISTEN, birth->pid, NULL, NULL);
		else
			ptrace(PTRACE_CONT, birth->pid, NULL, event ? 0L : (long)WSTOPSIG(status));
	}
}

/* To the next stop at a system call. */
static int go_on(struct birth *birth)
{
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, birth->pid, NULL, NULL) < 0 || wait_stop(birth, &status) < 0)
			return -1;
		if (WSTOPSIG(status) != SYSCALL_STOP && !(status >> 16))
			birth->stop = WSTOPSIG(status);
	} while (WSTOPSIG(status) != SYSCALL_STOP);
	return 0;
}

int birth_hold(struct birth *birth, struct error *err)
{
	const uint64_t all = -1ull;

	if (ptrace(PTRACE_GETSIGMASK, birth->pid, (long)MASK_BYTES, &birth->mask) < 0 ||
		ptrace(PTRACE_SETSIGMASK, birth->pid, (long)MASK_BYTES, &all) < 0 || go_on(birth) < 0 ||
		ptrace(PTRACE_GETREGS, birth->pid, NULL, &birth->registers) < 0)
		return gone(birth, err);
	birth->at = birth->registers.rip;
	if (!peek(birth->pid, birth->at, birth->code, sizeof birth->code))
		return gone(birth, err);
	return birth_write(birth, birth->at, syscall_code, sizeof syscall_code, err);
}

int birth_call(struct birth *birth, long number, const long arguments[6], long *result, struct error *err)
{
	struct user_regs_struct registers = birth->registers;

	registers.rip = birth->at;
	registers.rax = (unsigned long long)number;
	registers.orig_rax = -1ull;
	registers.rdi = (unsigned long long)arguments[0];
	registers.rsi = (unsigned long long)arguments[1];
	registers.rdx = (unsigned long long)arguments[2];
	registers.r10 = (unsigned long long)arguments[3];
	registers.r8 = (unsigned long long)arguments[4];
	registers.r9 = (unsigned long long)arguments[5];
	if (ptrace(PTRACE_SETREGS, birth->pid, NULL, &registers) < 0 || go_on(birth) < 0 || go_on(birth) < 0 ||
		ptrace(PTRACE_GETREGS, birth->pid, NULL, &registers) < 0)
		return gone(birth, err);
	*result = (long)registers.rax;
	return 0;
}

/* Where /proc/PID/mem keeps to protections (proc_mem.restrict_write), ptrace may still write; word by word. */
static bool poke_words(const struct birth *birth, uint64_t at, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		size_t some = size < sizeof(long) ? size : sizeof(long);
		long word = 0;

		errno = 0;
		if (some < sizeof word)
			word = ptrace(PTRACE_PEEKDATA, birth->pid, (void *)at, NULL);
		if (errno)
			return false;
		memcpy(&word, bytes, some);
		if (ptrace(PTRACE_POKEDATA, birth->pid, (void *)at, word) < 0)
			return false;
		at += some;
		bytes += some;
		size -= some;
	}
	return true;
}

int birth_write(struct birth *birth, uint64_t at, const void *bytes, size_t size, struct error *err)
{
	if (poke_code(birth->pid, at, bytes, size) || poke_words(birth, at, bytes, size))
		return 0;
	return error_status(err, EXIT_MEMTRACE_FAILED, "cannot write into the program: %s", strerror(errno));
}

int birth_release(struct birth *birth, struct error *err)
{
	if (birth_write(birth, birth->at, birth->code, sizeof birth->code, err) < 0)
		return -1;
	if (ptrace(PTRACE_SETREGS, birth->pid, NULL, &birth->registers) < 0 ||
		ptrace(PTRACE_SETSIGMASK, birth->pid, (long)MASK_BYTES, &birth->mask) < 0 ||
		ptrace(PTRACE_DETACH, birth->pid, NULL, NULL) < 0)
		return gone(birth, err);
	if (birth->stop)
		kill(birth->pid, birth->stop);
	return 0;
}
