/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -Wno-infinite-recursion ldflags: -pthread -ldl -Wl,-z,lazy */
/*
 * stacks HOW [DIR]: allocates on stacks that a walk easily takes for others, or loses: tree (the same pc at the same place with
 * other callers), alloca, aligned (stacks aligned anew, arguments found by another register), contexts (on stacks above and below
 * the thread's own), copied (contexts that take turns on one stack by copying it), timer (a handler on its own stack that
 * interrupts any instruction, PLT and vdso among them, and is interrupted itself), overflow, tiny (threads on the smallest
 * stacks), jit (code made at run time, with frame pointers only), bare (the same in a library, of DIR), tail (functions that
 * leave their frame to the next one, malloc at last).
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include "truth.h"

enum { STACK = 65536 };

static volatile int sink;

static void pair(int n)
{
	GONE(n + 1, free(MADE(n + 1, malloc(n + 1))));
}

static void branch(unsigned int way, int depth);
static void left(unsigned int way, int depth)
{
	branch(way, depth);
	sink++;
}
static void right(unsigned int way, int depth)
{
	branch(way, depth);
	sink++;
}
static void branch(unsigned int way, int depth)
{
	if (depth == 0)
		pair((int)(way % 7));
	else if (way & 1)
		left(way >> 1, depth - 1);
	else
		right(way >> 1, depth - 1);
}

static void run_tree(void)
{
	unsigned int seed = 1;

	for (unsigned int i = 0; i < 1024; i++)
		branch(i, 10);
	for (unsigned int i = 0; i < 2000; i++)
		branch((unsigned int)rand_r(&seed), rand_r(&seed) % 16);
}

static void vary(int depth)
{
	volatile char *room = __builtin_alloca((size_t)(depth * 7919 % 500 + 1));

	room[0] = 1;
	pair(depth);
	if (depth > 0)
		vary(depth - 1);
	pair(room[0]);
}

struct wide {
	char bytes[64] __attribute__((aligned(64)));
};

/* Its last arguments are on the stack, and it must align that: by gcc they are found by r10. */
static __attribute__((noinline)) int align(int a, int b, int c, int d, int e, int f, int g, int n)
{
	volatile struct wide wide;
	volatile char *room = __builtin_alloca((size_t)(n + 1));

	wide.bytes[0] = room[0] = (char)(a + b + c + d + e + f + g);
	pair(n);
	return n > 0 ? align(b, c, d, e, f, g, a, n - 1) + wide.bytes[0] : room[0];
}

static ucontext_t mine, others[3];

static void work(int which)
{
	for (int i = 0;; i++) {
		branch((unsigned int)(i * 5 + which), i % 9);
		swapcontext(&others[which], &mine);
	}
}

static void make(int which, void *stack)
{
	getcontext(&others[which]);
	others[which].uc_stack.ss_sp = stack;
	others[which].uc_stack.ss_size = STACK;
	makecontext(&others[which], (void (*)(void))work, 1, which);
}

static __attribute__((noinline)) void take_turns(int n)
{
	volatile char below[STACK] __attribute__((aligned(16)));

	make(2, (void *)below);
	for (int i = 0; i < n; i++) {
		swapcontext(&mine, &others[i % 3]);
		pair(i % 5);
	}
}

static void run_contexts(void)
{
	static char lowest[STACK] __attribute__((aligned(16)));
	volatile char above[STACK] __attribute__((aligned(16)));

	make(0, (void *)above);
	make(1, lowest);
	take_turns(600);
}

static void run_copied(void)
{
	static char stack[STACK] __attribute__((aligned(16))), copies[3][STACK];

	for (int i = 0; i < 3; i++) {
		make(i, stack);
		swapcontext(&mine, &others[i]);
		memcpy(copies[i], stack, STACK);
	}
	for (int i = 0; i < 900; i++) {
		int which = i * i % 7 % 3;

		memcpy(stack, copies[which], STACK);
		swapcontext(&mine, &others[which]);
		memcpy(copies[which], stack, STACK);
	}
}

static volatile sig_atomic_t ticks;

static void map(size_t size)
{
	GONE(size, munmap(MADE(size, mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), size));
}

static void on_timer(int signal)
{
	int saved = errno;

	map(4096);
	if (ticks++ % 4 == 0)
		raise(signal == SIGALRM ? SIGUSR1 : SIGUSR2);
	errno = saved;
}

static void on_last(int signal)
{
	(void)signal;
	map(8192);
}

static void use_altstack(void (*handler)(int), int signal, int flags)
{
	static char alternate[STACK];
	const stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK | flags };

	sigaltstack(&stack, NULL);
	sigaction(signal, &action, NULL);
}

static void run_timer(void)
{
	struct itimerval often = { { 0, 150 }, { 0, 150 } }, never = { { 0, 0 }, { 0, 0 } };
	struct timespec now, end;

	use_altstack(on_timer, SIGALRM, 0);
	use_altstack(on_timer, SIGUSR1, 0);
	use_altstack(on_last, SIGUSR2, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec++;
	setitimer(ITIMER_REAL, &often, NULL);
	do {
		for (int i = 0; i < 50; i++) {
			branch((unsigned int)i, i % 12);
			sink += align(1, 2, 3, 4, 5, 6, 7, 3);
			sink += abs(atoi("12")) + ffs(i);
			clock_gettime(CLOCK_MONOTONIC, &now);
		}
	} while (now.tv_sec < end.tv_sec || now.tv_nsec < end.tv_nsec || ticks < 100);
	setitimer(ITIMER_REAL, &never, NULL);
	truth.peak = -1; /* handlers interrupt the account between a call and its count */
}

static sigjmp_buf back;

static int fall(int n)
{
	volatile char room[400];

	room[0] = (char)n;
	return fall(n + 1) + room[0];
}

static void on_overflow(int signal)
{
	(void)signal;
	pair(50);
	branch(5, 3);
	siglongjmp(back, 1);
}

static void run_overflow(void)
{
	use_altstack(on_overflow, SIGSEGV, 0);
	for (volatile int i = 0; i < 3; i++)
		if (!sigsetjmp(back, 1))
			sink += fall(0);
}

static void *on_tiny(void *argument)
{
	branch(3, 6);
	return argument;
}

static void run_tiny(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	for (int i = 0; i < 20; i++) {
		if (pthread_create(&thread, &attributes, on_tiny, NULL))
			_exit(3);
		pthread_join(thread, NULL);
	}
}

static void from_bare(int n)
{
	pair(n);
	branch((unsigned int)n, 4);
}

static void run_jit(void)
{
	/* push %rbp; mov %rsp, %rbp; sub $32, %rsp; mov %rdi, %rax; mov %esi, %edi; call *%rax; leave; ret */
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20, 0x48, 0x89, 0xf8, 0x89, 0xf7, 0xff,
		0xd0, 0xc9, 0xc3 };
	/* push %rbp; mov %rsp, %rbp; sub $0x3000, %rsp; movabs $…, %rax; call *%rax; leave; ret: its caller's frame is pages away */
	static const unsigned char outer[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, 0, 0x30, 0, 0, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0,
		0, 0xff, 0xd0, 0xc9, 0xc3 };
	unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	truth_made(4096);
	memcpy(page, code, sizeof code);
	memcpy(page + 64, outer, sizeof outer);
	memcpy(page + 64 + 13, &page, sizeof page);
	memcpy(page + 128, outer, sizeof outer);
	*(unsigned char **)(void *)(page + 128 + 13) = page + 64;
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	for (int i = 0; i < 50; i++)
		((void (*)(void (*)(int), int))(page + 64 * (i % 3)))(from_bare, i);
}

static void run_bare(const char *folder)
{
	void (*bare_call)(void (*)(int), int);
	char path[4096];
	void *library;

	snprintf(path, sizeof path, "%s/libbare.so", folder);
	library = dlopen(path, RTLD_NOW);
	bare_call = library ? (void (*)(void (*)(int), int))dlsym(library, "bare_call") : NULL;
	if (!bare_call)
		_exit(4);
	for (int i = 0; i < 50; i++)
		bare_call(from_bare, i);
}

/* A jump, not a call, when optimized: clang has no such attribute, there they are calls. */
#ifdef __clang__
#define TAIL __attribute__((noinline))
#else
#define TAIL __attribute__((noinline, optimize("O2", "optimize-sibling-calls")))
#endif

static TAIL void *tail_malloc(int n)
{
	sink++;
	return malloc((size_t)n + 1);
}

static TAIL void *tail_even(int n, int depth);
static TAIL void *tail_odd(int n, int depth)
{
	sink++;
	return depth > 0 ? tail_even(n, depth - 1) : tail_malloc(n);
}
static TAIL void *tail_even(int n, int depth)
{
	volatile char room[40];

	room[0] = (char)n;
	sink += room[0];
	return depth > 0 ? tail_odd(n, depth - 1) : tail_malloc(n);
}

static TAIL void tail_free(void *block)
{
	sink++;
	free(block);
}

static void run_tail(void)
{
	for (int i = 0; i < 500; i++)
		GONE(i + 1, tail_free(MADE(i + 1, tail_odd(i, i * 3 % 50))));
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "tree"))
		run_tree();
	else if (!strcmp(how, "alloca"))
		vary(300);
	else if (!strcmp(how, "aligned"))
		sink += align(1, 2, 3, 4, 5, 6, 7, 100);
	else if (!strcmp(how, "contexts"))
		run_contexts();
	else if (!strcmp(how, "copied"))
		run_copied();
	else if (!strcmp(how, "timer"))
		run_timer();
	else if (!strcmp(how, "overflow"))
		run_overflow();
	else if (!strcmp(how, "tiny"))
		run_tiny();
	else if (!strcmp(how, "jit"))
		run_jit();
	else if (!strcmp(how, "bare"))
		run_bare(argc > 2 ? argv[2] : ".");
	else if (!strcmp(how, "tail"))
		run_tail();
	else
		return 2;
	truth_write(NULL);
	return 0;
}
