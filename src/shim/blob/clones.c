/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three functions of a static program's own library that only the blob takes over.
 *
 * __clone and __clone3, by which threads are made, come back twice, once on another stack: so a jump, not a call. The thread that
 * has ended and whose pointer a new one gets has ended before it; so the epoch moves between (self.h).
 *
 * _Unwind_Find_FDE is how libgcc finds the unwind information of a pc: an exception that leaves operator new passes through our hook, and nobody
 * else could tell it about that; a program that takes its own backtrace in a signal's handler may find itself in a moved beginning.
 */
#include <stddef.h>
#include "shim/blob/found.h"
#include "shim/blob/clones.h"
#include "shim/real.h"
#include "shim/shim.h"
#include "shim/splice.h"

void *clones_real[2];

#define CLONE(name, place)                                                                         \
	__asm__(".text\n"                                                                          \
		".globl " name "\n"                                                                \
		".type " name ", @function\n" name ":\n"                                           \
		".cfi_startproc\n"                                                                 \
		"	lock incq self_epoch(%rip)\n"                                              \
		"	jmp *clones_real + " place "(%rip)\n"                                      \
		".cfi_endproc\n"                                                                   \
		".size " name ", . - " name "\n");
CLONE("__clone", "0")
CLONE("__clone3", "8")

const void *(*clones_find_fde)(void *pc, void *bases);

/* gcc's unwind-dw2-fde.h. */
struct bases {
	void *text, *data, *function;
};

/* Our own table: see find_function in cfi.c for what it looks like. */
static const void *find_own(uintptr_t pc, struct bases *bases)
{
	struct dl_find_object object;
	const int32_t *table;
	uint32_t low = 0, high;
	const char *header;

	if (found_object((void *)pc, &object) != 0 || !object.dlfo_eh_frame)
		return NULL;
	header = object.dlfo_eh_frame;
	high = *(const uint32_t *)(const void *)(header + 8);
	table = (const int32_t *)(const void *)(header + 12);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (header + table[2 * middle] <= (const char *)pc)
			low = middle;
		else
			high = middle;
	}
	*bases = (struct bases){.function = (void *)(header + table[2 * low])};
	return header + table[2 * low + 1];
}

SHIM_EXPORT const void *_Unwind_Find_FDE(void *pc, struct bases *bases)
{
	uintptr_t function;
	const void *found = splice_unwinding((uintptr_t)pc, &function);

	if (found)
		*bases = (struct bases){.function = (void *)function};
	return found ? found : real_is_shim((uintptr_t)pc) ? find_own((uintptr_t)pc, bases) : clones_find_fde(pc, bases);
}
