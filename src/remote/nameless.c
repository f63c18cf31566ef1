/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See nameless.h. Of the functions that pthread_create calls, the one that makes the system call clone before it calls anything else, or
 * returns. Who is not sure asks the kernel in each event which thread it is, and that is all that a wrong guess could bring about, too:
 * what is taken for __clone is only told that it has been called.
 */
#include "remote/instruction.h"
#include "remote/nameless.h"

enum { CLONE = 56, LONGEST = 256, SYSCALL = 0x05, MOVE_AL = 0xb0, MOVE_EAX = 0xb8, PUSH = 0x6a };

/* Does it put the system call's number into a register, or onto the stack for one? */
static bool says_clone(const uint8_t *code, const struct instruction *instruction)
{
	const uint8_t opcode = instruction->opcode;

	return instruction->map == 0 && instruction->length >= 2 && (opcode == MOVE_AL || opcode == MOVE_EAX || opcode == PUSH) &&
	       code[instruction->length - (opcode == MOVE_EAX ? 4 : 1)] == CLONE;
}

static bool is_clone(const struct object *libc, uint64_t start, struct branch_range *function)
{
	const uint8_t *code;
	struct instruction instruction;
	bool said = false, made = false;
	size_t size = LONGEST;

	/* It may be one of the last. */
	while (!(code = object_bytes(libc, start, size)) && size > 0)
		size--;
	for (size_t at = 0; code && instruction_read(code + at, size - at, &instruction); at += instruction.length) {
		if (!made && (instruction.relative_size || instruction.flow == FLOW_CALL_FAR))
			return false;
		said |= says_clone(code + at, &instruction);
		made |= said && instruction.map == 1 && instruction.opcode == SYSCALL;
		if (instruction.flow != FLOW_AWAY)
			continue;
		*function = (struct branch_range){ start, start + at + instruction.length };
		return made;
	}
	return false;
}

bool nameless_clone(const struct object *libc, struct branch_range *function)
{
	const struct object_symbol *caller = object_find(libc, "pthread_create");
	const uint64_t size = caller ? object_end_of(libc, caller) - caller->value : 0;
	const uint8_t *code = caller ? object_bytes(libc, caller->value, size) : NULL;
	struct instruction instruction;
	struct branch_range found;
	bool any = false;

	for (uint64_t at = 0; code && at < size && instruction_read(code + at, size - at, &instruction); at += instruction.length) {
		if (instruction.flow != FLOW_CALL || !is_clone(libc, instruction_target(code + at, &instruction, caller->value + at), &found))
			continue;
		if (any && found.from != function->from)
			return false;
		*function = found;
		any = true;
	}
	return any;
}
