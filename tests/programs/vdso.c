/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vdso: allocates in a handler of the signal that the kernel's own code in our memory has made: getcpu is told to write where
 * nobody can. Ends with 77 where getcpu is no such code.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <ucontext.h>

static sigjmp_buf back;
static void *volatile kept;
static volatile int in_vdso;

static void handle(int number, siginfo_t *info, void *context)
{
	uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP], start = getauxval(AT_SYSINFO_EHDR);

	(void)number, (void)info;
	in_vdso = start && pc - start < 0x4000;
	kept = malloc(4242);
	siglongjmp(back, 1);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	unsigned int node;

	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(back, 1))
		getcpu((unsigned int *)8, &node);
	return in_vdso ? 0 : 77;
}
