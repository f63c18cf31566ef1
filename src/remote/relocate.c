/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See relocate.h. Whole instructions are taken until there is room for a jump; where the function ends before that, the filling behind it
 * is room, too. What depends on its place is written anew:
 *
 *	an operand that is addressed from its instruction       another distance
 *	a short branch or jump                                  its long form
 *	loop, jrcxz, which have none                            loop over a jump over a long jump
 *	a call, as the last one that is moved                   push of the address to which it would have come back, and a jump
 *
 * So a called function comes back to where it would have without us, and whoever unwinds the stack, a debugger or an exception, meets nothing of
 * ours. (With a shadow stack, which Linux gives no program that has not asked for it, that return would fail.) What cannot be moved: a branch
 * into what is moved, an instruction that is not known. The rest of the function is read, too: it must not jump to where ours will stand.
 * An endbr64 is moved like others: Linux lets no program be held to it (user IBT), and a jump by its own address leads on as a call does.
 */
#include <string.h>
#include "remote/branches.h"
#include "remote/instruction.h"
#include "remote/relocate.h"

enum { LONG_JUMP = 0xe9, SHORT_JUMP = 0xeb, TWO_BYTES = 0x0f, LONG_BRANCH = 0x80, CONDITION = 0x0f,
	PUSH = 0x68, GROUP_CALL = 2 << 3, GROUP_JUMP = 4 << 3, GROUP = 7 << 3, BY_STACK = 4 };

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

/* loop +2; jmp +5; jmp TARGET */
static bool put_loop(struct relocated *to, const uint8_t *code, const struct instruction *instruction, uint64_t at, uint64_t target)
{
	memcpy(to->code + to->size, code, instruction->relative_at);
	to->size += instruction->relative_at;
	memcpy(to->code + to->size, "\x02\xeb\x05", 3);
	to->size += 3 + RELOCATE_JUMP;
	return relocate_jump(to->code + to->size - RELOCATE_JUMP, at + to->size - RELOCATE_JUMP, target);
}

/* push BACK, which has two halves. */
static void put_back(struct relocated *to, uint64_t back)
{
	const int32_t low = (int32_t)back, high = (int32_t)(back >> 32);
	uint8_t *code = to->code + to->size;

	code[0] = PUSH;
	memcpy(code + 1, &low, sizeof low);
	to->size += 1 + sizeof low;
	if ((uint64_t)(int64_t)low == back)
		return;
	memcpy(code + 5, "\xc7\x44\x24\x04", 4); /* movl HIGH,4(%rsp) */
	memcpy(code + 9, &high, sizeof high);
	to->size += 4 + sizeof high;
}

/* A call of what a register or memory says, as such a jump: ModRM tells them apart. Not by the stack's pointer, which the push has moved. */
static bool put_far_jump(struct relocated *to, const uint8_t *code, const struct instruction *instruction)
{
	const uint8_t modrm = code[instruction->modrm_at];
	const bool high = modrm >> 6 == 3 && (instruction->rex & 1); /* r12 */

	if ((modrm & GROUP) != GROUP_CALL || ((modrm & 7) == BY_STACK && !high))
		return false;
	memcpy(to->code + to->size, code, instruction->length);
	to->code[to->size + instruction->modrm_at] = (uint8_t)((modrm & ~GROUP) | GROUP_JUMP);
	to->size += instruction->length;
	return true;
}

/* The operand that is addressed from the end of what was put last; it had stood there, where FROM is. */
static const char *mend_operand(struct relocated *to, const uint8_t *code, const struct instruction *instruction, uint64_t from, uint64_t at)
{
	int32_t displacement;

	if (!instruction->displacement_at)
		return NULL;
	memcpy(&displacement, code + instruction->displacement_at, sizeof displacement);
	return distance(at + to->size, from + instruction->length + (uint64_t)(int64_t)displacement,
		       to->code + to->size - instruction->length + instruction->displacement_at) ? NULL : "an operand too far";
}

/* One instruction, at FROM, to where the next byte of TO will stand. */
static const char *move(const uint8_t *code, const struct instruction *instruction, uint64_t from, uint64_t at, struct relocated *to)
{
	enum { LONGEST = 13 + RELOCATE_JUMP }; /* a push of two halves, with what follows */
	const uint64_t target = instruction->relative_size ? instruction_target(code, instruction, from) : 0;

	if (to->size + instruction->length + LONGEST + RELOCATE_JUMP > sizeof to->code)
		return "too long";
	switch (instruction->flow) {
	case FLOW_BRANCH:
	case FLOW_JUMP:
		return put_branch(to, instruction, at, target) ? NULL : "a jump too far";
	case FLOW_LOOP:
		return put_loop(to, code, instruction, at, target) ? NULL : "a jump too far";
	case FLOW_CALL:
		put_back(to, from + instruction->length);
		to->size += RELOCATE_JUMP;
		return relocate_jump(to->code + to->size - RELOCATE_JUMP, at + to->size - RELOCATE_JUMP, target) ? NULL : "a call too far";
	case FLOW_CALL_FAR:
		put_back(to, from + instruction->length);
		if (!put_far_jump(to, code, instruction))
			return "a call by the stack";
		return mend_operand(to, code, instruction, from, at);
	default:
		memcpy(to->code + to->size, code, instruction->length);
		to->size += instruction->length;
		return mend_operand(to, code, instruction, from, at);
	}
}

/* Does nothing in the function lead into its first END bytes? To the very first it may. */
static const char *find_entry(const struct relocate_function *function, size_t end)
{
	const struct branch_range beginning = { function->from + 1, function->from + end };

	return branches_within(function->code, function->size, function->from, beginning) ? "a jump to its beginning" : NULL;
}

/* How far filling reaches from AT, where the function has ended, as far as ROOM asks. */
static size_t filling_from(const struct relocate_function *function, size_t at, size_t room)
{
	const size_t end = function->size + function->behind;
	struct instruction instruction;

	while (at < room && instruction_read(function->code + at, end - at, &instruction) && instruction_is_filling(&instruction))
		at += instruction.length;
	return at;
}

static bool ends(const struct instruction *instruction)
{
	return instruction->flow == FLOW_JUMP || instruction->flow == FLOW_AWAY;
}

static bool calls(const struct instruction *instruction)
{
	return instruction->flow == FLOW_CALL || instruction->flow == FLOW_CALL_FAR;
}

bool relocate(const struct relocate_function *function, size_t room, uint64_t to, struct relocated *relocated, const char **why)
{
	const uint8_t *code = function->code;
	const size_t size = function->size;
	struct instruction instruction = { .flow = FLOW_ON };
	size_t at = 0;

	memset(relocated, 0, sizeof *relocated);
	*why = NULL;
	while (!*why && at < room && !ends(&instruction)) {
		if (calls(&instruction))
			*why = "a call that comes back to its beginning";
		else if (!instruction_read(code + at, size - at, &instruction))
			*why = at < size ? "an unknown instruction" : "too short";
		else
			*why = move(code + at, &instruction, function->from + at, to, relocated);
		at += instruction.length;
	}
	relocated->taken = at;
	if (!*why && filling_from(function, at, room) < room)
		*why = "too short";
	if (!*why)
		*why = find_entry(function, room);
	if (*why)
		return false;
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
		if (!instruction_read(code + at, size - at, &instruction) || !instruction_is_filling(&instruction))
			return false;
	return true;
}
