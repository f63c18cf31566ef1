/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See moved_entry.h. (LSB, "Exception Frames"; DWARF 4, 6.4.) In the beginning of a function the stack's pointer is moved by push and sub
 * alone, as far as compilers go. Behind the push that stands for a call's (see relocate.c) the callee begins: with its return
 * address on the stack, and nothing else. What would not fit is left out.
 */
#include <string.h>
#include "remote/instruction.h"
#include "remote/moved_entry.h"

enum { ADVANCE = 0x40, OFFSET = 0x80, RESTORE = 0xc0, DEF_CFA = 0x0c, DEF_CFA_OFFSET = 0x0e, RSP = 7, RETURN = 16, WORD = 8,
	PUSH = 0x50, PUSH_IMMEDIATE = 0x68, IMMEDIATE_8 = 0x83, IMMEDIATE_32 = 0x81, SUB_RSP = 0xec, CONTENT = 4 + 4 + 4 + 4 + 1 };

/* DWARF's numbers of registers in the order of instructions'. */
static const uint8_t numbers[] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

struct program {
	uint8_t *bytes;
	size_t size, most, told; /* told: up to which byte of the code */
	uint64_t depth;          /* from the stack's pointer to the CFA */
	uint16_t saved;          /* registers */
};

static void put(struct program *program, uint8_t byte)
{
	if (program->size < program->most)
		program->bytes[program->size] = byte;
	program->size++;
}

static void put_leb(struct program *program, uint64_t value)
{
	for (; value > 127; value >>= 7)
		put(program, (uint8_t)(value | 128));
	put(program, (uint8_t)value);
}

/* From AT on the CFA is DEPTH away. */
static void go_to(struct program *program, size_t at, uint64_t depth)
{
	put(program, (uint8_t)(ADVANCE | (at - program->told)));
	program->told = at;
	program->depth = depth;
	put(program, DEF_CFA_OFFSET);
	put_leb(program, depth);
}

static void tell(struct program *program, const uint8_t *code, const struct instruction *instruction, size_t end)
{
	const uint8_t opcode = instruction->opcode, modrm = instruction->modrm_at ? code[instruction->modrm_at] : 0;

	if (instruction->map)
		return;
	if ((opcode & 0xf8) == PUSH) {
		uint8_t number = numbers[(opcode & 7) | (instruction->rex & 1 ? 8 : 0)];

		go_to(program, end, program->depth + WORD);
		put(program, OFFSET | number);
		put_leb(program, program->depth / WORD);
		program->saved |= (uint16_t)(1 << number);
	} else if (opcode == PUSH_IMMEDIATE) {
		go_to(program, end, WORD);
		for (uint8_t number = 0; number < RETURN; number++)
			if (program->saved & 1 << number)
				put(program, RESTORE | number);
	} else if (modrm == SUB_RSP && opcode == IMMEDIATE_8) {
		go_to(program, end, program->depth + (uint64_t)(int8_t)code[instruction->length - 1]);
	} else if (modrm == SUB_RSP && opcode == IMMEDIATE_32) {
		uint32_t size;

		memcpy(&size, code + instruction->length - sizeof size, sizeof size);
		go_to(program, end, program->depth + size);
	}
}

static void put_number(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
}

void moved_entry_head(uint8_t cie[MOVED_ENTRY_HEAD])
{
	/* Version 1, "zR", factors 1 and -8, the return address's column, addresses relative to their place in 4 bytes. */
	static const uint8_t content[] = { 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, RETURN, 1, 0x1b, DEF_CFA, RSP, WORD, OFFSET | RETURN, 1 };

	memset(cie, 0, MOVED_ENTRY_HEAD);
	put_number(cie, MOVED_ENTRY_HEAD - 4);
	memcpy(cie + 4, content, sizeof content);
}

void moved_entry(uint8_t fde[SPLICE_FDE], const struct relocated *moved, uint32_t from_head)
{
	struct program program = { .bytes = fde + CONTENT, .most = SPLICE_FDE - CONTENT, .depth = WORD };
	struct instruction instruction;
	size_t whole;

	memset(fde, 0, SPLICE_FDE);
	put_number(fde, SPLICE_FDE - 4);
	put_number(fde + 4, from_head + SPLICE_FDE_AT + 4);
	put_number(fde + 8, -(uint32_t)(SPLICE_FDE_AT + 8));
	put_number(fde + 12, SPLICE_FDE_AT);
	for (size_t at = 0; at < moved->size && instruction_read(moved->code + at, moved->size - at, &instruction); at += instruction.length) {
		whole = program.size;
		tell(&program, moved->code + at, &instruction, SPLICE_STUB + at + instruction.length);
		if (program.size <= program.most)
			continue;
		memset(program.bytes + whole, 0, program.most - whole);
		break;
	}
}
