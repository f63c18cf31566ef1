/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An own malloc whose functions begin as compilers, and hands, make them begin: too short for a jump, with a call, a loop, a branch
 * into what a jump would cover. FORM (1 to 12) is chosen when it is compiled; what cannot be moved is in forms 20 and above. Blocks
 * have their sizes before them.
 */
#include <stdint.h>
#include <sys/mman.h>
#include "truth.h"

#ifndef FORM
#define FORM 1
#endif

static char *at;

__attribute__((used)) static void *make(size_t size)
{
	static char pool[4 << 20] __attribute__((aligned(16)));
	char *block;

	if (!at)
		at = pool;
	block = at + 16;
	*(size_t *)at = size;
	at += 16 + ((size + 15) & ~15ul);
	return at > pool + sizeof pool ? NULL : block;
}
__attribute__((used)) static void drop(void *block)
{
	if (block)
		((volatile size_t *)block)[-2] |= 0;
}
__attribute__((used)) static void *make_zero(size_t n, size_t size)
{
	return make(n * size);
}
__attribute__((used)) static void *move(void *old, size_t size)
{
	char *block = make(size);

	for (size_t i = 0; old && i < size && i < ((size_t *)old)[-2]; i++)
		block[i] = ((char *)old)[i];
	return block;
}
__attribute__((used)) static void *make_aligned(size_t alignment, size_t size)
{
	at += 16;
	at = (char *)(((uintptr_t)at + alignment - 1) & -alignment) - 16;
	return make(size);
}
__attribute__((used)) static void *(*const far_make)(size_t) = make;

#define BEGIN(name) ".globl " name "\n.type " name ", @function\n" name ":\n.cfi_startproc\n"
#define END(name) ".cfi_endproc\n.size " name ", . - " name "\n"
#define FILL ".p2align 4\n"
#define BODY(name, code) FILL BEGIN(name) code END(name)
#define JUMPS(name, to) BODY(name, "jmp " to "\n")

#if FORM == 1 /* one byte and three, with filling behind them */
#define MALLOC BODY("malloc", "xor %eax, %eax\nnop\njmp make\n")
#define FREE BODY("free", "ret\n")
#elif FORM == 2 /* a call first */
#define MALLOC BODY("malloc", "call make\nret\n")
#define FREE BODY("free", "push %rbx\n.cfi_adjust_cfa_offset 8\ncall drop\npop %rbx\n.cfi_adjust_cfa_offset -8\nret\n")
#elif FORM == 3 /* a call by a register, and one by memory */
#define MALLOC BODY("malloc", "call *far_make(%rip)\nret\n")
#define FREE BODY("free", "lea drop(%rip), %rax\ncall *%rax\nret\n")
#elif FORM == 4 /* two bytes, and a call by a register there */
#define MALLOC BODY("malloc", "jmp 1f\n2: jmp make\n1: jmp 2b\n")
#define FREE BODY("free", "xor %eax, %eax\n1: call 2f\nret\n2: lea drop(%rip), %rax\njmp *%rax\n")
#elif FORM == 5 /* a loop that comes back into the first five bytes, but not the first two */
#define MALLOC BODY("malloc", "xor %eax, %eax\n1: inc %eax\ncmp $3, %eax\njne 1b\njmp make\n")
#define FREE BODY("free", "xor %ecx, %ecx\n1: inc %ecx\ncmp $3, %ecx\njne 1b\njmp drop\n")
#elif FORM == 6 /* branches without a long form */
#define MALLOC BODY("malloc", "mov %rdi, %rcx\njrcxz 1f\njmp make\n1: jmp make\n")
#define FREE BODY("free", "mov $2, %cl\nmovzbl %cl, %ecx\n1: loop 1b\njmp drop\n")
#elif FORM == 7 /* bytes that are no instruction behind the function's end */
#define MALLOC BODY("malloc", "test %rdi, %rdi\nje make\njmp make\n.byte 6, 0x60, 0xd6, 6\n")
#define FREE BODY("free", "test %rdi, %rdi\nje drop\njmp drop\n.byte 0xea\n")
#elif FORM == 8 /* only two bytes, and the next gap is not to be had: somebody runs through it, and somebody leads into another */
#define MALLOC BODY("before", "nop\n") BODY("malloc", "xor %eax, %eax\n1: inc %eax\ncmp $3, %eax\njne 1b\njmp make\n") \
	BODY("behind", "je 3f\nret\n") "3: nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nret\n" BODY("last", "ret\n")
#define FREE BODY("free", "xor %ecx, %ecx\n1: inc %ecx\ncmp $3, %ecx\njne 1b\njmp drop\n")
#elif FORM == 9 /* filled with int3 */
#undef FILL
#define FILL ".p2align 4, 0xcc\n"
#define MALLOC BODY("malloc", "xor %eax, %eax\n1: inc %eax\ncmp $3, %eax\njne 1b\njmp make\n")
#define FREE BODY("free", "ret\n")
#elif FORM == 10 /* endbr64, and a call behind it */
#define MALLOC BODY("malloc", "endbr64\ncall make\nret\n")
#define FREE BODY("free", "endbr64\nret\n")
#elif FORM == 11 /* the filling is a part of the function, as it says */
#define MALLOC BODY("malloc", "jmp 1f\nnop\nnop\nnop\n1: jmp make\n")
#define FREE BODY("free", "ret\nnop\nnop\nnop\nnop\nnop\n")
#elif FORM == 12 /* what looks like a jump into it, and is none */
#define MALLOC BODY("malloc", "test %rdi, %rdi\nje make\nmov $1, %eax\nmov $0xe9, %ecx\njmp make\n")
#define FREE BODY("free", "ret\n")
#elif FORM == 20 /* one byte, and a function at once behind it */
#define MALLOC JUMPS("malloc", "make")
#define FREE BODY("free", "ret\n") BEGIN("next") "ret\n" END("next")
#elif FORM == 21 /* a loop that comes back to the second byte */
#define MALLOC BODY("malloc", "nop\n1: test %rsp, %rsp\nje 1b\njmp make\n")
#define FREE BODY("free", "ret\n")
#elif FORM == 22 /* another function that leads to the second byte, from near and from afar */
#define MALLOC BODY("malloc", "nop\ntest %rdi, %rdi\njmp make\n") BODY("near", "jmp malloc + 1\n")
#define FREE BODY("free", "ret\n")
#elif FORM == 23
#define MALLOC BODY("malloc", "nop\ntest %rdi, %rdi\njmp make\n")
#define FREE BODY("free", "ret\n") ".skip 300, 0x90\n" BODY("afar", "call malloc + 1\nret\n")
#elif FORM == 24 /* a lesser function that cannot be moved */
#define MALLOC JUMPS("malloc", "make")
#define FREE BODY("free", "ret\n")
#define ALIGNED BODY("aligned_alloc", "nop\n1: test %rsp, %rsp\nje 1b\njmp make_aligned\n")
#endif
#ifndef ALIGNED
#define ALIGNED JUMPS("aligned_alloc", "make_aligned")
#endif

__asm__(".text\n" FILL "ret\n" MALLOC FREE ALIGNED JUMPS("calloc", "make_zero") JUMPS("realloc", "move") FILL);

void *aligned_alloc(size_t, size_t), *calloc(size_t, size_t);

int main(void)
{
	unsigned long sum = 0;

	for (int i = 0; i < 100; i++) {
		char *block = MADE(100, malloc(100)), *other = MADE(60, calloc(3, 20));

		memset(block, i, 100);
		other[59] = (char)i;
		block = MOVED(100, 300, realloc(block, 300));
		sum += (unsigned long)block[99] + (unsigned long)other[59] + (unsigned long)other[0];
		GONE(60, free(other));
		if (i % 2)
			GONE(300, free(block));
	}
	for (int i = 0; i < 10; i++)
		MADE(64, aligned_alloc(64, 64));
	SAY("%lu\n", sum);
	truth_write(NULL);
	return 4;
}
