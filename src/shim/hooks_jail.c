/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prctl and syscall, for the sake of three requests: seccomp's strict mode, its filters, and a
 * clock that may no longer be read. In strict mode rdtsc is SIGSEGV and any system call but four
 * SIGKILL, so the shim must know before.
 *
 * syscall is a jump, not a call: a program may fork with it, or clone onto another stack, where a
 * frame of ours would be missing on return. Only when the number is one of ours is something called
 * first; an exec by number goes to the hook of the function (hooks_exec.c). What a program asks of
 * the kernel by instructions of its own we do not see.
 */
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include "shim/hooks_thread.h"
#include "shim/life.h"
#include "shim/shim.h"
#include "shim/sys.h"

static void look_at_prctl(long option, long argument, long more)
{
	if (option == PR_SET_SECCOMP && argument == SECCOMP_MODE_STRICT)
		life_be_strict();
	else if (option == PR_SET_SECCOMP && argument == SECCOMP_MODE_FILTER)
		life_be_filtered((const struct sock_fprog *)more);
	else if (option == PR_SET_TSC && argument == PR_TSC_SIGSEGV)
		life_lose_clock();
}

SHIM_EXPORT int prctl(int option, ...)
{
	va_list list;
	unsigned long a, b, c, d;
	int result;

	va_start(list, option);
	a = va_arg(list, unsigned long);
	b = va_arg(list, unsigned long);
	c = va_arg(list, unsigned long);
	d = va_arg(list, unsigned long);
	va_end(list);
	if (unlikely(!real.prctl))
		life_start();
	look_at_prctl(option, (long)a, (long)b);
	if (unlikely(!real.prctl)) {
		long raw = SYS_CALL(SYS_prctl, option, (long)a, (long)b, (long)c, (long)d);

		return sys_failed(raw) ? -1 : (int)raw;
	}
	result = real.prctl(option, a, b, c, d);
	if (option == PR_SET_NAME && result == 0)
		hooks_thread_named(__builtin_frame_address(0));
	return result;
}

/* Where the stub below jumps to, once it is known. */
__attribute__((visibility("hidden"))) void *jail_syscall;
extern const char jail_bare_syscall[] __attribute__((visibility("hidden")));

/* Called by the stub below before the real syscall; returns that. */
__attribute__((visibility("hidden"), used)) void *jail_look(
	long number, long first, long second, long third)
{
	if (number == SYS_prctl)
		look_at_prctl(first, second, third);
	else if (number == SYS_seccomp && first == SECCOMP_SET_MODE_STRICT)
		life_be_strict();
	else if (number == SYS_seccomp && first == SECCOMP_SET_MODE_FILTER)
		life_be_filtered((const struct sock_fprog *)third);
	if (unlikely(!real.syscall))
		life_start();
	jail_syscall = (void *)real.syscall;
	return jail_syscall ? jail_syscall : (void *)jail_bare_syscall;
}

__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	cmpq $157, %rdi\n" /* SYS_prctl */
	"	je 1f\n"
	"	cmpq $317, %rdi\n" /* SYS_seccomp */
	"	je 1f\n"
	"	cmpq $59, %rdi\n" /* SYS_execve */
	"	je exec_by_number\n"
	"	cmpq $322, %rdi\n" /* SYS_execveat */
	"	je exec_by_number\n"
	"	movq jail_syscall(%rip), %rax\n"
	"	testq %rax, %rax\n"
	"	je 1f\n"
	"	jmp *%rax\n"
	"1:	pushq %rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rsi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rdx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rcx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r8\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r9\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	subq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call jail_look\n"
	"	addq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r9\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r8\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rcx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rdx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rsi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	jmp *%rax\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n"
	/* The same without libc, and so without errno, as long as we are not relocated. */
	"jail_bare_syscall:\n"
	".cfi_startproc\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %rdi\n"
	"	movq %rdx, %rsi\n"
	"	movq %rcx, %rdx\n"
	"	movq %r8, %r10\n"
	"	movq %r9, %r8\n"
	"	movq 8(%rsp), %r9\n"
	"	syscall\n"
	"	cmpq $-4095, %rax\n"
	"	jb 1f\n"
	"	movq $-1, %rax\n"
	"1:	ret\n"
	".cfi_endproc\n");
