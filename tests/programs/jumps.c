/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-infinite-recursion */
/* longjmp out of deep calls, siglongjmp out of a signal handler, and stacks switched by makecontext: a stack walk that remembers must notice. */
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

static jmp_buf back;
static sigjmp_buf back_from_signal;
static ucontext_t mine, other;
static char stack[65536];

static void deep(int depth)
{
	void *block = MADE(depth + 1, malloc(depth + 1));

	if (depth == 0)
		longjmp(back, 1);
	if (depth % 3)
		GONE(depth + 1, free(block));
	deep(depth - 1);
}

static void on_signal(int signal)
{
	(void)signal;
	GONE(66, free(MADE(66, malloc(66))));
	siglongjmp(back_from_signal, 1);
}

static void on_other_stack(void)
{
	for (;;) {
		(void)MADE(44, malloc(44));
		swapcontext(&other, &mine);
	}
}

int main(void)
{
	volatile int round;

	signal(SIGUSR1, on_signal);
	getcontext(&other);
	other.uc_stack.ss_sp = stack;
	other.uc_stack.ss_size = sizeof stack;
	makecontext(&other, on_other_stack, 0);
	for (round = 0; round < 200; round++) {
		if (!setjmp(back))
			deep(round % 40);
		if (!sigsetjmp(back_from_signal, 1))
			raise(SIGUSR1);
		swapcontext(&mine, &other);
		GONE(5, free(MADE(5, malloc(5))));
	}
	truth_write(NULL);
	return 0;
}
