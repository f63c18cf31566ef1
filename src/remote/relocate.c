/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See relocate.h. Whole instructions are taken until there is room for a jump. An operand that is addressed from its instruction gets
 * another distance, a short branch its long form. What cannot be moved: a call (its return address would be ours), a loop, a branch into
 * what is moved, an instruction that is not known. The rest of the function is read, too: it must not jump to where ours will stand. An
 * endbr64 is moved like others: Linux lets no program be held to it (user IBT), and a jump by its own address leads on as a call does.
 */
#include <string.h>
#include "remote/instruction.h"
#include "remote/relocate.h"

enum { LONG_JUMP = 0xe9, SHORT_JUMP = 0xeb, NOP = 0x90, LONG_NOP = 0x1f, BREAKPOINT = 0xcc, TWO_BYTES = 0x0f, LONG_BRANCH = 0x80, CONDITION = 0x0f };

static bool distance(uint64_t from_end, uint64_t target, uint8_t bytes[4])
{
	int64_t far = (int64_t)(target - from_end);
	int32_t near = (int32_t)far;

	memcpy(bytes, &near, sizeof near);
	return near == far;
}

bool relocate_jump(uint8_t jump[RELOCATE_JUMP], uint64_t at, uint64_t target)
{
	jump[0] = LONG_JUMP;
	return distance(at + RELOCATE_JUMP, target, jump + 1);
}

/* A jump or branch to TARGET, in its long form. */
static bool put_branch(struct relocated *to, const struct instruction *instruction, uint64_t at, uint64_t target)
{
	size_t head = 0;
	uint8_t *code = to->code + to->size;

	if (instruction->flow == FLOW_JUMP) {
		code[head++] = LONG_JUMP;
	} else {
		code[head++] = TWO_BYTES;
		code[head++] = LONG_BRANCH | (instruction->opcode & CONDITION);
	}
	to->size += head + 4;
	return distance(at + to->size, target, code + head);
}

/* One instruction, at FROM, to where the next byte of TO will stand. */
static const char *move(const uint8_t *code, const struct instruction *instruction, uint64_t from, uint64_t at, struct relocated *to)
{
	int32_t displacement;

	if (to->size + instruction->length + 2 * RELOCATE_JUMP > sizeof to->code)
		return "too long";
	switch (instruction->flow) {
	case FLOW_BRANCH:
	case FLOW_JUMP:
		return put_branch(to, instruction, at, instruction_target(code, instruction, from)) ? NULL : "a jump too far";
	case FLOW_CALL:
	case FLOW_CALL_FAR:
		return "a call";
	case FLOW_LOOP:
		return "a loop";
	default:
		break;
	}
	memcpy(to->code + to->size, code, instruction->length);
	to->size += instruction->length;
	if (!instruction->displacement_at)
		return NULL;
	memcpy(&displacement, code + instruction->displacement_at, sizeof displacement);
	return distance(at + to->size, from + instruction->length + (uint64_t)(int64_t)displacement,
		       to->code + to->size - instruction->length + instruction->displacement_at) ? NULL : "an operand too far";
}

/* Does nothing in the function lead into its first END bytes? To the very first it may. */
static const char *find_entry(const struct relocate_function *function, size_t end)
{
	const uint8_t *code = function->code;
	const size_t size = function->size;
	struct instruction instruction;

	for (size_t at = 0; at < size; at += instruction.length) {
		uint64_t target;

		if (!instruction_read(code + at, size - at, &instruction))
			return "an unknown instruction";
		if (!instruction.relative_size)
			continue;
		target = instruction_target(code + at, &instruction, function->from + at) - function->from;
		if (target > 0 && target < end)
			return "a jump to its beginning";
	}
	return NULL;
}

bool relocate(const struct relocate_function *function, size_t room, uint64_t to, struct relocated *relocated, const char **why)
{
	const uint8_t *code = function->code;
	const size_t size = function->size;
	struct instruction instruction = { .flow = FLOW_ON };
	size_t at = 0;

	memset(relocated, 0, sizeof *relocated);
	*why = NULL;
	while (!*why && at < room) {
		if (instruction.flow == FLOW_JUMP || instruction.flow == FLOW_AWAY)
			*why = "too short";
		else if (!instruction_read(code + at, size - at, &instruction))
			*why = at < size ? "an unknown instruction" : "too short";
		else
			*why = move(code + at, &instruction, function->from + at, to, relocated);
		at += instruction.length;
	}
	if (!*why)
		*why = find_entry(function, at);
	if (*why)
		return false;
	relocated->taken = at;
	relocated->size += RELOCATE_JUMP;
	if (relocate_jump(relocated->code + relocated->size - RELOCATE_JUMP, to + relocated->size - RELOCATE_JUMP, function->from + at))
		return true;
	*why = "too far away";
	return false;
}

bool relocate_short_jump(uint8_t jump[RELOCATE_SHORT], uint64_t at, uint64_t target)
{
	int64_t far = (int64_t)(target - (at + RELOCATE_SHORT));

	jump[0] = SHORT_JUMP;
	jump[1] = (uint8_t)far;
	return far == (int8_t)far;
}

bool relocate_is_filling(const uint8_t *code, size_t size)
{
	struct instruction instruction;

	for (size_t at = 0; at < size; at += instruction.length)
		if (!instruction_read(code + at, size - at, &instruction) ||
			(instruction.opcode != NOP && instruction.opcode != LONG_NOP && instruction.opcode != BREAKPOINT))
			return false;
	return true;
}
