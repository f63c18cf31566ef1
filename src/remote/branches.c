/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See branches.h. A short one (8 bits of distance) can only stand nearby, so the functions there are read, instruction by instruction. A
 * far one may stand anywhere: all bytes of all code are looked at, once, for what would be one that leads to a place that is asked for. Most
 * of these few are real; whether one is, the instructions of its function tell. What cannot be told is taken for one.
 */
#include <string.h>
#include "remote/branches.h"
#include "remote/instruction.h"

enum { CALL = 0xe8, JUMP = 0xe9, TWO_BYTES = 0x0f, BRANCH = 0x80, BRANCHES = 0xf0, DISTANCE = 4, SHORT_REACH = 128 + 15,
	FILTER_BITS = 12, FILTER_SHIFT = 8 };

static bool is_in(struct branch_range range, uint64_t at)
{
	return at >= range.from && at < range.to;
}

bool branches_within(const uint8_t *code, size_t size, uint64_t at, struct branch_range range)
{
	struct instruction instruction;

	for (size_t offset = 0; offset < size; offset += instruction.length) {
		if (!instruction_read(code + offset, size - offset, &instruction)) {
			instruction.length = 1;
			continue;
		}
		if (instruction.relative_size && is_in(range, instruction_target(code + offset, &instruction, at + offset)))
			return true;
	}
	return false;
}

/* Places, and by the middle bits of an address whether one may be near: most are not. */
struct places {
	const struct branch_range *items;
	size_t n;
	bool near[1 << FILTER_BITS];
};

static bool *near(struct places *places, uint64_t at)
{
	return &places->near[at >> FILTER_SHIFT & ((1 << FILTER_BITS) - 1)];
}

static bool is_in_place(struct places *places, uint64_t at)
{
	if (!*near(places, at))
		return false;
	for (size_t i = 0; i < places->n; i++)
		if (is_in(places->items[i], at))
			return true;
	return false;
}

/* CODE of SIZE bytes, which stands at START. */
static void look(struct branches *branches, const uint8_t *code, uint64_t size, uint64_t start, struct places *places)
{
	for (uint64_t at = 0; at + 1 + DISTANCE <= size; at++) {
		struct branch branch = { .at = start + at };
		uint64_t head = 1;
		int32_t distance;

		if (code[at] == TWO_BYTES && (code[at + 1] & BRANCHES) == BRANCH && at + 2 + DISTANCE <= size)
			head = 2;
		else if (code[at] != CALL && code[at] != JUMP)
			continue;
		memcpy(&distance, code + at + head, sizeof distance);
		branch.target = branch.at + head + DISTANCE + (uint64_t)(int64_t)distance;
		if (is_in_place(places, branch.target))
			*ARRAY_PUSH(&branches->items) = branch;
	}
}

void branches_find(struct branches *branches, const struct object *object, const struct branch_range *items, size_t n)
{
	struct places places = { .items = items, .n = n };

	memset(branches, 0, sizeof *branches);
	branches->object = object;
	for (size_t i = 0; i < n; i++)
		for (uint64_t at = items[i].from; at < items[i].to + (1 << FILTER_SHIFT); at += 1 << FILTER_SHIFT)
			*near(&places, at) = true;
	for (size_t i = 0; n > 0 && i < object->segments.count; i++) {
		const Elf64_Phdr *segment = &object->segments.items[i];
		const uint8_t *code = segment->p_type == PT_LOAD && (segment->p_flags & PF_X) ?
			object_bytes(object, segment->p_vaddr, segment->p_filesz) : NULL;

		if (code)
			look(branches, code, segment->p_filesz, segment->p_vaddr, &places);
	}
}

void branches_free(struct branches *branches)
{
	ARRAY_FREE(&branches->items);
}

/* The last function that begins at AT or before; NULL: there is none. */
static const struct object_symbol *function_at(const struct object *object, uint64_t at)
{
	size_t low = 0, high = object->symbols.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->symbols.items[middle].value <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &object->symbols.items[low - 1] : NULL;
}

/* Is there an instruction at AT, or in the midst of none? */
static bool may_begin(const struct object *object, uint64_t at)
{
	const struct object_symbol *function = function_at(object, at);
	const uint64_t size = function ? object_end_of(object, function) - function->value : 0;
	const uint8_t *code = function ? object_bytes(object, function->value, size) : NULL;
	struct instruction instruction;

	if (!code || at >= function->value + size)
		return true;
	for (uint64_t offset = 0; offset < at - function->value; offset += instruction.length) {
		if (!instruction_read(code + offset, size - offset, &instruction))
			return true;
		if (function->value + offset + instruction.length > at)
			return false;
	}
	return true;
}

/* By a short branch of a function nearby. */
static bool is_led_to_nearby(const struct object *object, struct branch_range range, struct branch_range own)
{
	for (size_t i = 0; i < object->symbols.count && object->symbols.items[i].value < range.to + SHORT_REACH; i++) {
		const struct object_symbol *function = &object->symbols.items[i];
		const uint64_t end = object_end_of(object, function), size = end - function->value;
		const uint8_t *code;

		if (end + SHORT_REACH < range.from || is_in(own, function->value))
			continue;
		code = object_bytes(object, function->value, size);
		if (code && branches_within(code, size, function->value, range))
			return true;
	}
	return false;
}

bool branches_lead_to(const struct branches *branches, struct branch_range range, struct branch_range own)
{
	for (size_t i = 0; i < branches->items.count; i++) {
		const struct branch *branch = &branches->items.items[i];

		if (is_in(range, branch->target) && !is_in(own, branch->at) && may_begin(branches->object, branch->at))
			return true;
	}
	return is_led_to_nearby(branches->object, range, own);
}
