/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library in a static program ("the blob"): the same objects as libmemtrace.so, but laid into the program by memtrace before it
 * runs (src/remote/), with no dynamic linker and nothing of libc. What the others ask of these is in this folder: the calling thread (self.c), what
 * is where (found.c), and here the beginning, and what the kernel has told the program.
 *
 * The program begins here, with the stack as the kernel made it; all registers are as they were when it goes on. There is no thread
 * pointer yet, so nothing here may have a stack protector.
 */
#include <elf.h>
#include <link.h>
#include "shim/blob/found.h"
#include "shim/splice.h"
#include "shim/life.h"
#include "shim/shim.h"

/* Written by memtrace. */
__attribute__((visibility("default"))) struct splice *blob_splice;

void *__libc_stack_end SHIM_HIDDEN;
char **environ SHIM_HIDDEN;
static const Elf64_auxv_t *auxiliary;

unsigned long getauxval(unsigned long type)
{
	for (const Elf64_auxv_t *entry = auxiliary; entry && entry->a_type != AT_NULL; entry++)
		if (entry->a_type == type)
			return entry->a_un.a_val;
	return 0;
}

pthread_t pthread_self(void)
{
	return thread_pointer();
}

void *memset(void *to, int value, size_t size)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	volatile char *at = to;
	const volatile char *old = from;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	while (size-- > 0)
		at[size] = old[size];
	return to;
}

__attribute__((visibility("hidden"), used)) uint64_t blob_begin(long *stack)
{
	char **at = (char **)(stack + 1) + *stack + 1;

	__libc_stack_end = stack;
	environ = at;
	while (*at)
		at++;
	auxiliary = (const Elf64_auxv_t *)(at + 1);
	found_prepare(blob_splice);
	self_is_unsure = blob_splice->flags & SPLICE_THREADS_UNSEEN;
	life_start();
	return blob_splice->entry;
}

/* The word above the saved registers is where the program goes on: ret takes it, as if it had been jumped to. */
__asm__(".text\n"
	".globl blob_start\n"
	".type blob_start, @function\n"
	"blob_start:\n"
	".cfi_startproc\n"
	".cfi_undefined rip\n"
	"	pushq $0\n"
	"	pushq %rax\n"
	"	pushq %rcx\n"
	"	pushq %rdx\n"
	"	pushq %rsi\n"
	"	pushq %rdi\n"
	"	pushq %r8\n"
	"	pushq %r9\n"
	"	pushq %r10\n"
	"	pushq %r11\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	"	leaq 88(%rsp), %rdi\n"
	"	andq $-16, %rsp\n"
	"	call blob_begin\n"
	"	movq %rbp, %rsp\n"
	"	movq %rax, 80(%rsp)\n"
	"	popq %rbp\n"
	"	popq %r11\n"
	"	popq %r10\n"
	"	popq %r9\n"
	"	popq %r8\n"
	"	popq %rdi\n"
	"	popq %rsi\n"
	"	popq %rdx\n"
	"	popq %rcx\n"
	"	popq %rax\n"
	"	ret\n"
	".cfi_endproc\n"
	".size blob_start, . - blob_start\n");
