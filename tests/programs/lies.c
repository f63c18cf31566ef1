/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * lies WHERE: allocates below code whose unwind information is wrong, or which has none and keeps anything but a frame pointer in
 * rbp: main (on the program's first stack), thread, context (a stack of its own, between pages that must not be read), signal
 * (an alternate signal stack, the same).
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "truth.h"

enum { STACK = 1 << 17, PAGE = 4096 };

typedef void liar(void (*function)(int), int n, unsigned long garbage);

/* NAME calls function(n) with garbage in all registers that a callee keeps; CFI is what it says of itself then. The registers
 * are at rsp, the CFA is rsp + 64. */
#define LIAR(name, cfi)                                                                                                   \
	liar name;                                                                                                        \
	__asm__(".text\n.type " #name ", @function\n.globl " #name "\n" #name ":\n" cfi                                   \
		"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"                 \
		"	sub $8, %rsp\n"                                                                                   \
		"	mov %rdi, %rax\n	mov %esi, %edi\n"                                                         \
		"	mov %rdx, %rbx\n	mov %rdx, %rbp\n	mov %rdx, %r12\n	mov %rdx, %r13\n"                 \
		"	mov %rdx, %r14\n	mov %rdx, %r15\n"                                                         \
		"	call *%rax\n"                                                                                     \
		"	add $8, %rsp\n"                                                                                   \
		"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n	ret\n" END_##name   \
		".size " #name ", . - " #name "\n");
#define PROC(cfi) ".cfi_startproc\n" cfi "\n"
#define ENDPROC ".cfi_endproc\n"

/* No word about it. */
#define END_silent ""
LIAR(silent, "")
/* The caller's frame is far above, just above, here, below, at an odd place. */
#define END_far ENDPROC
LIAR(far, PROC(".cfi_def_cfa %rsp, 0x400000"))
#define END_near ENDPROC
LIAR(near, PROC(".cfi_def_cfa %rsp, 8192"))
#define END_slight ENDPROC
LIAR(slight, PROC(".cfi_def_cfa %rsp, 40"))
#define END_here ENDPROC
LIAR(here, PROC(".cfi_def_cfa %rsp, 0"))
#define END_below ENDPROC
LIAR(below, PROC(".cfi_def_cfa %rsp, -4096"))
#define END_odd ENDPROC
LIAR(odd, PROC(".cfi_def_cfa %rsp, 61"))
/* By registers that hold anything. */
#define END_by_rbp ENDPROC
LIAR(by_rbp, PROC(".cfi_def_cfa %rbp, 16"))
#define END_by_r12 ENDPROC
LIAR(by_r12, PROC(".cfi_def_cfa %r12, 16"))
/* The CFA is right, what lies where is not. */
#define END_saved_far ENDPROC
LIAR(saved_far, PROC(".cfi_def_cfa %rsp, 64\n.cfi_offset %rbp, 0x100000"))
#define END_saved_rbx_far ENDPROC
LIAR(saved_rbx_far, PROC(".cfi_def_cfa %rsp, 64\n.cfi_offset %rbx, 0x100000\n.cfi_offset %rbp, -24"))
#define END_other_return ENDPROC
LIAR(other_return, PROC(".cfi_def_cfa %rsp, 64\n.cfi_offset 16, 0x100000"))
#define END_return_in_register ENDPROC
LIAR(return_in_register, PROC(".cfi_def_cfa %rsp, 64\n.cfi_register 16, %r12"))
#define END_no_return ENDPROC
LIAR(no_return, PROC(".cfi_undefined 16"))
/* Expressions: CFA = *(r12), CFA = *(*(rbp)), rbp lies at *(r12); nonsense: an operator that does not exist, a stack that runs empty. */
#define END_deref_r12 ENDPROC
LIAR(deref_r12, PROC(".cfi_escape 0x0f, 3, 0x7c, 0, 0x06"))
#define END_deref_twice ENDPROC
LIAR(deref_twice, PROC(".cfi_escape 0x0f, 4, 0x76, 0, 0x06, 0x06"))
#define END_rbp_at_r12 ENDPROC
LIAR(rbp_at_r12, PROC(".cfi_def_cfa %rsp, 64\n.cfi_escape 0x10, 6, 3, 0x7c, 0, 0x06"))
#define END_no_operator ENDPROC
LIAR(no_operator, PROC(".cfi_escape 0x0f, 2, 0x77, 0xff"))
#define END_empty ENDPROC
LIAR(empty, PROC(".cfi_escape 0x0f, 1, 0x06"))
#define END_restore_nothing ENDPROC
LIAR(restore_nothing, PROC(".cfi_escape 0x0b"))
/* A frame of a signal that is none. */
#define END_signal_frame ENDPROC
LIAR(signal_frame, PROC(".cfi_signal_frame\n.cfi_def_cfa %rsp, 64"))

static liar *const liars[] = { silent, far, near, slight, here, below, odd, by_rbp, by_r12, saved_far, saved_rbx_far, other_return,
	return_in_register, no_return, deref_r12, deref_twice, rbp_at_r12, no_operator, empty, restore_nothing,
	signal_frame };
enum { LIARS = sizeof liars / sizeof *liars };

static void pair(int n)
{
	GONE(n + 1, free(MADE(n + 1, malloc(n + 1))));
}

static int depth;
static unsigned long thing;

/* Under other lies, too. */
static void again(int n)
{
	pair(n);
	if (depth-- > 0)
		liars[(n * 7 + depth) % LIARS](again, n, thing);
	pair(n + 5);
}

static void lie(void)
{
	char here[64];
	const unsigned long garbage[] = { 0, 8, 1, 0x1000, (unsigned long)here, (unsigned long)here + 4, (unsigned long)here + STACK,
		(unsigned long)here + 16 * STACK, (unsigned long)here & -PAGE, (unsigned long)here - 8192, (unsigned long)&depth,
		(unsigned long)lie, 0x5000000000000ul, -1ul, -4096ul, 0x8000000000000000ul, 0x7ffffffff000ul, 0x7fffffffeff8ul };

	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
		for (int k = 0; k < LIARS; k++) {
			thing = garbage[i];
			depth = 3;
			liars[k](pair, k, thing);
			liars[k](again, k, thing);
		}
}

static void *lie_in_thread(void *argument)
{
	lie();
	return argument;
}

static char *bounded_stack(void)
{
	char *room = mmap(NULL, STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	truth_made(STACK + 2 * PAGE);
	mprotect(room + PAGE, STACK, PROT_READ | PROT_WRITE);
	return room + PAGE;
}

static void run_context(void)
{
	static ucontext_t mine, other;

	getcontext(&other);
	other.uc_stack.ss_sp = bounded_stack();
	other.uc_stack.ss_size = STACK;
	other.uc_link = &mine;
	makecontext(&other, lie, 0);
	swapcontext(&mine, &other);
}

static void on_signal(int signal)
{
	(void)signal;
	lie();
}

static void run_signal(void)
{
	stack_t stack = { .ss_sp = bounded_stack(), .ss_size = STACK };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "";
	pthread_t thread;

	if (!strcmp(where, "main"))
		lie();
	else if (!strcmp(where, "thread"))
		pthread_create(&thread, NULL, lie_in_thread, NULL), pthread_join(thread, NULL);
	else if (!strcmp(where, "context"))
		run_context();
	else if (!strcmp(where, "signal"))
		run_signal();
	else
		return 2;
	truth_write(NULL);
	return 5;
}
