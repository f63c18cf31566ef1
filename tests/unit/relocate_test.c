/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lengths of instructions, and beginnings of functions that are moved: what they look like then, that they run, what is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "remote/instruction.h"
#include "remote/relocate.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }

struct vector {
	const char *text;
	uint8_t code[16];
	size_t length;
	enum instruction_flow flow;
};

static const struct vector vectors[] = {
	{ "push %rbp", { 0x55 }, 1, FLOW_ON },
	{ "push %r15", { 0x41, 0x57 }, 2, FLOW_ON },
	{ "endbr64", { 0xf3, 0x0f, 0x1e, 0xfa }, 4, FLOW_ON },
	{ "mov %fs:0x28,%rax", { 0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0 }, 9, FLOW_ON },
	{ "sub $0x88,%rsp", { 0x48, 0x81, 0xec, 0x88, 0, 0, 0 }, 7, FLOW_ON },
	{ "sub $8,%rsp", { 0x48, 0x83, 0xec, 0x08 }, 4, FLOW_ON },
	{ "cmpb $0,x(%rip)", { 0x80, 0x3d, 1, 2, 3, 4, 0 }, 7, FLOW_ON },
	{ "mov $imm64,%rax", { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 }, 10, FLOW_ON },
	{ "mov $imm32,%eax", { 0xb8, 1, 2, 3, 4 }, 5, FLOW_ON },
	{ "mov $imm16,%ax", { 0x66, 0xb8, 1, 2 }, 4, FLOW_ON },
	{ "movabs %al", { 0xa2, 1, 2, 3, 4, 5, 6, 7, 8 }, 9, FLOW_ON },
	{ "test $imm32,%rcx", { 0x48, 0xf7, 0xc1, 1, 2, 3, 4 }, 7, FLOW_ON },
	{ "neg %rcx", { 0x48, 0xf7, 0xd9 }, 3, FLOW_ON },
	{ "lea 8(%rdi,%rsi,1),%rax", { 0x48, 0x8d, 0x44, 0x37, 8 }, 5, FLOW_ON },
	{ "mov x(,%rax,8),%rdx", { 0x48, 0x8b, 0x14, 0xc5, 1, 2, 3, 4 }, 8, FLOW_ON },
	{ "nopw x(%rax,%rax,1)", { 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 }, 10, FLOW_ON },
	{ "movdqa x(%rip),%xmm0", { 0x66, 0x0f, 0x6f, 0x05, 1, 2, 3, 4 }, 8, FLOW_ON },
	{ "pshufd $1,%xmm0,%xmm0", { 0x66, 0x0f, 0x70, 0xc0, 1 }, 5, FLOW_ON },
	{ "vmovdqu (%rsi),%ymm0", { 0xc5, 0xfe, 0x6f, 0x06 }, 4, FLOW_ON },
	{ "vinserti128 $1,…", { 0xc4, 0xe3, 0x7d, 0x38, 0xc1, 1 }, 6, FLOW_ON },
	{ "vmovdqu64 64(%rsi),%zmm0", { 0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x46, 1 }, 7, FLOW_ON },
	{ "pshufb (0f 38)", { 0x66, 0x0f, 0x38, 0x00, 0xc1 }, 5, FLOW_ON },
	{ "palignr (0f 3a)", { 0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8 }, 6, FLOW_ON },
	{ "enter", { 0xc8, 1, 2, 3 }, 4, FLOW_ON },
	{ "syscall", { 0x0f, 0x05 }, 2, FLOW_ON },
	{ "je rel8", { 0x74, 5 }, 2, FLOW_BRANCH },
	{ "je rel32", { 0x0f, 0x84, 1, 2, 3, 4 }, 6, FLOW_BRANCH },
	{ "jmp rel8", { 0xeb, 5 }, 2, FLOW_JUMP },
	{ "jmp rel32", { 0xe9, 1, 2, 3, 4 }, 5, FLOW_JUMP },
	{ "bnd jmp rel32", { 0xf2, 0xe9, 1, 2, 3, 4 }, 6, FLOW_JUMP },
	{ "jmp *x(%rip)", { 0xff, 0x25, 1, 2, 3, 4 }, 6, FLOW_AWAY },
	{ "call rel32", { 0xe8, 1, 2, 3, 4 }, 5, FLOW_CALL },
	{ "call *%rax", { 0xff, 0xd0 }, 2, FLOW_CALL_FAR },
	{ "jrcxz", { 0xe3, 5 }, 2, FLOW_LOOP },
	{ "ret", { 0xc3 }, 1, FLOW_AWAY },
	{ "ud2", { 0x0f, 0x0b }, 2, FLOW_AWAY },
};

Test(relocate, lengths)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct vector *vector = &vectors[i];
		struct instruction instruction;

		cr_assert(instruction_read(vector->code, sizeof vector->code, &instruction), "%s", vector->text);
		cr_assert_eq(instruction.length, vector->length, "%s: %zu", vector->text, instruction.length);
		cr_assert_eq(instruction.flow, vector->flow, "%s", vector->text);
		/* Nothing behind the end is looked at. */
		for (size_t size = 0; size < vector->length; size++) {
			uint8_t *cut = malloc(size + 1);

			memcpy(cut, vector->code, size);
			cr_assert(!instruction_read(cut, size, &instruction), "%s cut to %zu", vector->text, size);
			free(cut);
		}
	}
}

Test(relocate, unknown_instructions)
{
	static const uint8_t unknown[][2] = { { 0x06 }, { 0x60 }, { 0x82, 0xc0 }, { 0xd6 }, { 0xea }, { 0x0f, 0x04 }, { 0x0f, 0xa6 }, { 0x66, 0xe8 } };
	uint8_t code[16];
	struct instruction instruction;

	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		memset(code, 0, sizeof code);
		memcpy(code, unknown[i], 2);
		cr_assert(!instruction_read(code, sizeof code, &instruction), "%02x %02x", code[0], code[1]);
	}
	memset(code, 0x66, sizeof code);
	cr_assert(!instruction_read(code, sizeof code, &instruction), "prefixes without end");
}

/* Any bytes: a length of at most 15, or no instruction. */
Test(relocate, anything)
{
	uint64_t random = 88172645463325252ull;

	for (int i = 0; i < 300000; i++) {
		size_t size = (size_t)(random % 17);
		uint8_t *code = malloc(size + 1);
		struct instruction instruction;
		struct relocated moved;
		const struct relocate_function function = { .code = code, .size = size, .from = 0x400000 };
		const char *why;

		for (size_t k = 0; k < size; k++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			code[k] = (uint8_t)(random >> 32);
		}
		if (instruction_read(code, size, &instruction))
			cr_assert(instruction.length > 0 && instruction.length <= 15 && instruction.length <= size);
		if (relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why))
			cr_assert(size >= RELOCATE_JUMP && moved.taken > 0 && moved.taken <= size && moved.size <= RELOCATE_MAX);
		else
			cr_assert_not_null(why);
		free(code);
		random += (uint64_t)i;
	}
}

/* CODE at FROM and moved to FROM + 0x100000, which both can be run. */
struct place {
	uint8_t *from, *to;
};

static struct place place(const uint8_t *code, size_t size, size_t room, struct relocated *moved)
{
	uint8_t *memory = mmap(NULL, 0x200000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct place place = { memory + 0x1000, memory + 0x101000 };
	const struct relocate_function function = { .code = code, .size = size, .from = (uintptr_t)place.from };
	const char *why;

	cr_assert_neq((void *)memory, MAP_FAILED);
	memcpy(place.from, code, size);
	cr_assert(relocate(&function, room, (uintptr_t)place.to, moved, &why), "%s", why);
	memcpy(place.to, moved->code, moved->size);
	/* What was taken is gone. */
	memset(place.from, 0xcc, moved->taken);
	return place;
}

typedef long (*function)(long a);

Test(relocate, runs_where_it_was_moved_to)
{
	/* cmpb $0,0x100(%rip); je +4; lea 1(%rdi),%rax; ret; lea 2(%rdi),%rax; ret: as glibc's malloc looks whether it has begun. */
	static const uint8_t code[] = { 0x80, 0x3d, 0xf9, 0, 0, 0, 0, 0x74, 5, 0x48, 0x8d, 0x47, 1, 0xc3, 0x90, 0x90, 0x48, 0x8d, 0x47, 2, 0xc3 };
	struct relocated moved;
	struct place here = place(code, sizeof code, RELOCATE_JUMP, &moved);

	cr_assert_eq(moved.taken, 7);
	cr_assert_eq(((function)(void *)here.to)(40), 42);
	here.from[0x100] = 1;
	cr_assert_eq(((function)(void *)here.to)(40), 41);
}

Test(relocate, short_branches_become_long)
{
	/* test %rdi,%rdi; je +4; mov %rdi,%rax; ret; mov $-1,%rax; ret: as musl's free looks for NULL. */
	static const uint8_t code[] = { 0x48, 0x85, 0xff, 0x74, 4, 0x48, 0x89, 0xf8, 0xc3, 0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xc3 };
	struct relocated moved;
	struct place here = place(code, sizeof code, RELOCATE_JUMP, &moved);

	cr_assert_eq(moved.taken, 5);
	cr_assert_eq(((function)(void *)here.to)(7), 7);
	cr_assert_eq(((function)(void *)here.to)(0), -1);
}

Test(relocate, a_jump_that_is_all_of_it)
{
	/* jmp +0x20 …, where mov %rdi,%rax; ret stands: as operator delete of jemalloc is free. */
	uint8_t code[0x40] = { 0xe9, 0x1b, 0, 0, 0 };
	struct relocated moved;
	struct place here;

	memcpy(code + 0x20, "\x48\x89\xf8\xc3", 4);
	here = place(code, 5, RELOCATE_JUMP, &moved);
	memcpy(here.from + 0x20, code + 0x20, 4);
	cr_assert_eq(((function)(void *)here.to)(9), 9);
}

/* What follows AT: f: mov %rdi,%rax; ret, at +0x40. */
static void put_callee(uint8_t *from)
{
	memcpy(from + 0x40, "\x48\x8d\x47\x01\xc3", 5);
}

Test(relocate, a_call_comes_back_to_where_it_would_have)
{
	/* sub $8,%rsp; call +0x40; add %rax,%rax; add $8,%rsp; ret: as operator new(nothrow). */
	static const uint8_t code[] = { 0x48, 0x83, 0xec, 8, 0xe8, 0x37, 0, 0, 0, 0x48, 1, 0xc0, 0x48, 0x83, 0xc4, 8, 0xc3 };
	struct relocated moved;
	struct place here = place(code, sizeof code, RELOCATE_JUMP, &moved);

	put_callee(here.from);
	cr_assert_eq(moved.taken, 9);
	cr_assert_eq(((function)(void *)here.to)(20), 42);
}

Test(relocate, calls_of_what_a_register_or_memory_says)
{
	/* mov %rdi,%r12; call *%r12; add %rax,%rax; ret */
	static const uint8_t by_register[] = { 0x49, 0x89, 0xfc, 0x41, 0xff, 0xd4, 0x48, 1, 0xc0, 0xc3 };
	/* call *0x5a(%rip); add %rax,%rax; ret */
	static const uint8_t by_memory[] = { 0xff, 0x15, 0x5a, 0, 0, 0, 0x48, 1, 0xc0, 0xc3 };
	struct relocated moved;
	struct place here = place(by_memory, sizeof by_memory, RELOCATE_JUMP, &moved);
	const uint8_t *callee = here.from + 0x40;

	put_callee(here.from);
	memcpy(here.from + 0x60, &callee, sizeof callee);
	cr_assert_eq(((function)(void *)here.to)(20), 42);
	here = place(by_register, sizeof by_register, RELOCATE_JUMP, &moved);
	cr_assert_eq(moved.taken, 6);
	/* mov %rdi,%r12; push …; jmp *%r12; jmp back */
	cr_assert_eq(memcmp(moved.code + moved.size - 5 - 3, "\x41\xff\xe4", 3), 0);
}

Test(relocate, loops_have_a_longer_form)
{
	/* mov %rdi,%rcx; jrcxz +6; lea 1(%rdi),%rax; nop; ret; lea 2(%rdi),%rax; ret */
	static const uint8_t code[] = { 0x48, 0x89, 0xf9, 0xe3, 6, 0x48, 0x8d, 0x47, 1, 0x90, 0xc3, 0x48, 0x8d, 0x47, 2, 0xc3 };
	struct relocated moved;
	struct place here = place(code, sizeof code, RELOCATE_JUMP, &moved);

	cr_assert_eq(moved.taken, 5);
	cr_assert_eq(((function)(void *)here.to)(0), 2);
	cr_assert_eq(((function)(void *)here.to)(7), 8);
}

Test(relocate, filling_behind_the_end_is_room)
{
	/* ret, and a nop of ten bytes. */
	static const uint8_t code[] = { 0xc3, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 };
	struct relocate_function function = { .code = code, .size = 1, .behind = 10, .from = 0x400000 };
	struct relocated moved;
	const char *why;

	cr_assert(relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why), "%s", why);
	cr_assert_eq(moved.taken, 1);
	cr_assert_eq(moved.code[0], 0xc3);
	function.behind = 0;
	cr_assert(!relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why));
	cr_assert_str_eq(why, "too short");
	/* The same, if the function says that it is its. */
	function.size = 11;
	cr_assert(relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why), "%s", why);
}

Test(relocate, only_as_much_as_a_short_jump_needs)
{
	/* xor %eax,%eax; inc %eax; cmp $3,%eax; jne to the inc; ret */
	static const uint8_t code[] = { 0x31, 0xc0, 0xff, 0xc0, 0x83, 0xf8, 3, 0x75, 0xf9, 0xc3 };
	const struct relocate_function function = { .code = code, .size = sizeof code, .from = 0x400000 };
	struct relocated moved;
	const char *why;
	uint8_t jump[RELOCATE_SHORT];

	cr_assert(!relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why));
	cr_assert_str_eq(why, "a jump to its beginning");
	cr_assert(relocate(&function, RELOCATE_SHORT, 0x500000, &moved, &why));
	cr_assert_eq(moved.taken, 2);
	cr_assert(relocate_short_jump(jump, 0x400000, 0x400000 - 5));
	cr_assert_eq(memcmp(jump, "\xeb\xf9", 2), 0);
	cr_assert(!relocate_short_jump(jump, 0x400000, 0x400000 + 130));
	cr_assert(relocate_short_jump(jump, 0x400000, 0x400000 + 129));
}

static void refused(const uint8_t *code, size_t size, uint64_t to, const char *want)
{
	const struct relocate_function function = { .code = code, .size = size, .from = 0x400000 };
	struct relocated moved;
	const char *why = NULL;

	cr_assert(!relocate(&function, RELOCATE_JUMP, to, &moved, &why), "%s", want);
	cr_assert_str_eq(why, want);
}

Test(relocate, refuses)
{
	refused(BYTES(0xc3, 0x55, 0x90, 0x90, 0x90, 0x90), 0x500000, "too short");
	refused(BYTES(0x55, 0x53), 0x500000, "too short");
	refused(BYTES(0xeb, 1, 0x90, 0x90, 0x55, 0x90), 0x500000, "too short");
	refused(BYTES(0xff, 0xd0, 0x90, 0x90, 0x90, 0xc3), 0x500000, "a call that comes back to its beginning");
	refused(BYTES(0xff, 0x54, 0x24, 8, 0xc3), 0x500000, "a call by the stack"); /* call *8(%rsp) */
	refused(BYTES(0x55, 0x06, 0x90, 0x90, 0x90, 0xc3), 0x500000, "an unknown instruction");
	/* push %rbp; dec %edi; nop …; jne to the dec: a loop into what would be a jump. */
	refused(BYTES(0x55, 0xff, 0xcf, 0x90, 0x90, 0x90, 0x75, 0xf9, 0x5d, 0xc3), 0x500000, "a jump to its beginning");
	/* The same behind what is no instruction. */
	refused(BYTES(0x55, 0xff, 0xcf, 0x90, 0x90, 0x06, 0x75, 0xf9, 0x5d, 0xc3), 0x500000, "a jump to its beginning");
	/* To the very beginning is a call of the function; what is behind the jump may be led to. */
	cr_assert(relocate(&(struct relocate_function){ .code = (const uint8_t[]){ 0x55, 0xff, 0xcf, 0x90, 0x90, 0x06, 0x75, 0xf8, 0x5d, 0xc3 },
		.size = 10, .from = 0x400000 }, RELOCATE_JUMP, 0x500000, &(struct relocated){ 0 }, &(const char *){ NULL }));
	cr_assert(relocate(&(struct relocate_function){ .code = (const uint8_t[]){ 0x48, 0x83, 0xec, 8, 0x90, 0x90, 0x75, 0xfd, 0x5d, 0xc3 },
		.size = 10, .from = 0x400000 }, RELOCATE_JUMP, 0x500000, &(struct relocated){ 0 }, &(const char *){ NULL }));
	refused(BYTES(0xe8, 0, 0, 0, 0, 0xc3), 0x400000 + (3ull << 30), "a call too far");
	refused(BYTES(0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xc3), 0x400000 + (3ull << 30), "an operand too far");
	refused(BYTES(0x0f, 0x84, 0, 0, 0, 0, 0xc3), 0x400000 + (3ull << 30), "a jump too far");
	refused(BYTES(0x55, 0x53, 0x55, 0x53, 0x55, 0xc3), 0x400000 + (3ull << 30), "too far away");
}

Test(relocate, filling)
{
	cr_assert(relocate_is_filling(BYTES(0x90, 0x66, 0x90, 0x0f, 0x1f, 0x40, 0, 0xcc)));
	cr_assert(!relocate_is_filling(BYTES(0x90, 0x55)));
	cr_assert(!relocate_is_filling(BYTES(0x90, 0x0f)));
	/* seto %al; bswap %esp; xchg %rax,%r8; pabsq, as vector instructions are: their last bytes are those of nops. */
	cr_assert(!relocate_is_filling(BYTES(0x0f, 0x90, 0xc0)));
	cr_assert(!relocate_is_filling(BYTES(0x0f, 0xcc)));
	cr_assert(!relocate_is_filling(BYTES(0x49, 0x90)));
	cr_assert(!relocate_is_filling(BYTES(0x0f, 0x38, 0x1f, 0xc0)));
	cr_assert(!relocate_is_filling(BYTES(0, 0)));
}
