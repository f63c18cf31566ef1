/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long an x86-64 instruction is, and what in it depends on where it stands. (Intel SDM volume 2, appendix A, "Opcode Map",
 * and chapter 2, "Instruction Format".)
 */
#ifndef REMOTE_INSTRUCTION_H
#define REMOTE_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum instruction_flow {
	FLOW_ON,       /* the next one follows */
	FLOW_BRANCH,   /* jcc: to its target, or on */
	FLOW_JUMP,     /* jmp to its target */
	FLOW_LOOP,     /* loop, jrcxz: like a branch, but there is no longer form of it */
	FLOW_CALL,     /* call of its target */
	FLOW_CALL_FAR, /* call of what a register or memory says */
	FLOW_AWAY,     /* ret, jmp by register or memory, ud2, hlt: nothing follows */
};

struct instruction {
	size_t length;
	enum instruction_flow flow;
	uint8_t opcode;         /* the last byte of it */
	uint8_t map;            /* which opcodes it is one of: 0 those of one byte, 1 those behind 0f, 2 others */
	uint8_t rex;            /* its prefix; 0: it has none */
	size_t modrm_at;        /* its ModRM byte; 0: it has none */
	size_t relative_at, relative_size; /* the distance to its target, from its end: 1 or 4 bytes; size 0: it has none */
	size_t displacement_at; /* of an operand that is addressed from its end, 4 bytes; 0: it has none */
};

/* Reads the instruction at CODE, of which SIZE bytes are there. False: it is cut, or none that is known here. */
bool instruction_read(const uint8_t *code, size_t size, struct instruction *instruction);
/* What a relative one leads to; the instruction's own address is AT. */
uint64_t instruction_target(const uint8_t *code, const struct instruction *instruction, uint64_t at);

/* nop in any length, or int3: what stands between functions. */
bool instruction_is_filling(const struct instruction *instruction);

#endif
