/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a moved beginning says about the stack, to the letter. */
#include <criterion/criterion.h>
#include <string.h>
#include "remote/moved_entry.h"

enum { CONTENT = 17 };

/* Moves CODE, and holds the instructions of its FDE to WANT. */
static void says(const uint8_t *code, size_t size, const uint8_t *want, size_t want_size)
{
	const struct relocate_function function = { .code = code, .size = size, .from = 0x400000 };
	struct relocated moved;
	uint8_t fde[SPLICE_FDE], rest[SPLICE_FDE] = { 0 };
	const char *why;
	uint32_t number;

	cr_assert(relocate(&function, RELOCATE_JUMP, 0x500000, &moved, &why), "%s", why);
	moved_entry(fde, &moved, 3 * SPLICE_PLACE);
	memcpy(&number, fde, sizeof number);
	cr_assert_eq(number, SPLICE_FDE - 4);
	/* From there back to the CIE, and to the place's beginning. */
	memcpy(&number, fde + 4, sizeof number);
	cr_assert_eq(number, 3 * SPLICE_PLACE + SPLICE_FDE_AT + 4);
	memcpy(&number, fde + 8, sizeof number);
	cr_assert_eq((int32_t)number, -(SPLICE_FDE_AT + 8));
	cr_assert_eq(memcmp(fde + CONTENT, want, want_size), 0);
	cr_assert_eq(memcmp(fde + CONTENT + want_size, rest, SPLICE_FDE - CONTENT - want_size), 0);
}
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }

Test(moved_entry, pushes_and_a_sub)
{
	/* push %r15; push %rbp; sub $0x88,%rsp: advance, CFA, where the register is. */
	says(BYTES(0x41, 0x57, 0x55, 0x48, 0x81, 0xec, 0x88, 0, 0, 0, 0xc3), BYTES(0x40 | 18, 0x0e, 16, 0x80 | 15, 2, 0x40 | 1, 0x0e, 24, 0x80 | 6, 3,
		0x40 | 7, 0x0e, 0xa0, 1));
	/* sub $8,%rsp; nop */
	says(BYTES(0x48, 0x83, 0xec, 8, 0x90, 0xc3), BYTES(0x40 | 20, 0x0e, 16));
	/* What does not touch the stack. */
	says(BYTES(0x48, 0x85, 0xff, 0x74, 4, 0xc3), BYTES(0));
}

Test(moved_entry, a_call)
{
	/* push %rbx; call: behind the push of its return address the stack is as the callee finds it. */
	says(BYTES(0x53, 0xe8, 0, 0, 0, 0, 0xc3), BYTES(0x40 | 17, 0x0e, 16, 0x80 | 3, 2, 0x40 | 5, 0x0e, 8, 0xc0 | 3));
}

Test(moved_entry, head)
{
	static const uint8_t want[MOVED_ENTRY_HEAD] = { 20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1 };
	uint8_t head[MOVED_ENTRY_HEAD];

	moved_entry_head(head);
	cr_assert_eq(memcmp(head, want, sizeof head), 0);
}
