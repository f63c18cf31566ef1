/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See gaps.h. That a gap is nobody's takes proof: no function reaches into it, as far as they say how long they are; it holds nothing but
 * filling; the function before it ends with a jump or a return, and does not run on through it; and no branch leads there. Behind a call
 * that does not come back nothing runs on either, but nothing says that it does not.
 */
#include <string.h>
#include "remote/gaps.h"
#include "remote/instruction.h"
#include "remote/relocate.h"

enum { LONGEST = 4096 };

void gaps_find(struct gaps *gaps, const struct object *object, const struct branches *branches)
{
	const struct object_symbol *last = NULL;
	uint64_t reached = 0;

	memset(gaps, 0, sizeof *gaps);
	gaps->object = object;
	gaps->branches = branches;
	for (size_t i = 0; i < object->symbols.count; i++) {
		const struct object_symbol *symbol = &object->symbols.items[i];
		const uint64_t end = symbol->size ? symbol->value + symbol->size : object_end_of(object, symbol);

		if (last && symbol->value > reached)
			*ARRAY_PUSH(&gaps->items) = (struct gap){ reached, symbol->value, last };
		if (end >= reached) {
			reached = end;
			last = symbol;
		}
	}
}

void gaps_free(struct gaps *gaps)
{
	ARRAY_FREE(&gaps->items);
}

static bool is_led_to(const struct gaps *gaps, uint64_t at, size_t size)
{
	return branches_lead_to(gaps->branches, (struct branch_range){ at, at + size }, (struct branch_range){ 0 });
}

size_t gaps_filling_at(const struct gaps *gaps, uint64_t value, size_t size)
{
	for (size_t i = 0; i < gaps->items.count; i++) {
		const struct gap *gap = &gaps->items.items[i];
		const uint64_t all = gap->end - gap->start;
		const uint8_t *code = gap->start == value && all < LONGEST ? object_bytes(gaps->object, value, all) : NULL;

		if (code && relocate_is_filling(code, all) && !is_led_to(gaps, value, size))
			return all;
	}
	return 0;
}

/* Does the function never come to its own end? */
static bool ends_well(const struct object *object, const struct object_symbol *function, uint64_t end)
{
	const uint64_t size = end - function->value;
	const uint8_t *code = object_bytes(object, function->value, size);
	struct instruction instruction = { .flow = FLOW_ON };

	if (!code)
		return false;
	for (uint64_t at = 0; at < size; at += instruction.length)
		if (!instruction_read(code + at, size - at, &instruction))
			return false;
	return instruction.flow == FLOW_AWAY || instruction.flow == FLOW_JUMP;
}

bool gaps_is_free(const struct gaps *gaps, const struct gap *gap, uint64_t at, size_t size)
{
	const uint64_t all = gap->end - gap->start;
	const uint8_t *code = all < LONGEST ? object_bytes(gaps->object, gap->start, all) : NULL;

	return code && relocate_is_filling(code, all) && ends_well(gaps->object, gap->before, gap->start) && !is_led_to(gaps, at, size);
}
