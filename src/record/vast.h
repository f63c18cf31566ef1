/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for one large array: in whole pages, zeroed, grown by moving the pages and not what is in them, so that growing
 * stops nobody. Out of memory is ours to die of, as in base/memory.h.
 */
#ifndef RECORD_VAST_H
#define RECORD_VAST_H

#include <stdbool.h>
#include <stddef.h>

/* OLD (NULL, if OLD_BYTES is 0) with BYTES, which are more. */
void *vast_grow(void *old, size_t old_bytes, size_t bytes);
/* Lets the kernel provide BYTES of it from AT on, both in whole pages, which then need no faults one by one. */
void vast_populate(void *at, size_t bytes);
/* Whether children that are forked have it too. */
void vast_share(void *memory, size_t bytes, bool with_children);
void vast_free(void *memory, size_t bytes);

#endif
