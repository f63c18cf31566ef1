/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that lead here by a jump at their beginning, not by the dynamic linker: see memtrace/splice.h.
 */
#ifndef SHIM_SPLICE_H
#define SHIM_SPLICE_H

#include <stdbool.h>
#include <stdint.h>
#include "memtrace/splice.h"

/* Once, while there is one thread, behind real_find: from now on its functions lead to our hooks, and these call them. */
void splice_take_up(struct splice *splice);
/* Is malloc one of them? */
bool splice_has_malloc(void);
/* Is PC in the executable that brings its allocator? See real_is_allocator. */
bool splice_is_allocator(uintptr_t pc);
/* Where the instruction at PC stood if it was moved, else PC. Only a signal's handler meets such a one. */
uintptr_t splice_origin(uintptr_t pc);
/* The unwind information (an FDE) of PC in the splice's code, and in *FUNCTION where that is for; NULL: it is elsewhere. */
const void *splice_unwinding(uintptr_t pc, uintptr_t *function);

#endif
