/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for millions of small pieces of a few hundred sizes that all go at once. Unlike malloc it keeps nothing beside a
 * piece, and has its memory from the kernel in portions. Pieces that were given back serve the next of their size, or are cut for
 * smaller ones; they are never joined.
 */
#ifndef RECORD_HOARD_H
#define RECORD_HOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"

enum { HOARD_UNIT = 16, HOARD_CLASSES = 576, HOARD_MAX = (HOARD_CLASSES - 1) * HOARD_UNIT };

struct hoard {               /* zeroed is empty */
	uint8_t *at, *end;   /* the rest of the youngest chunk, as far as it is populated */
	uint8_t *chunk_end;
	void *unused[HOARD_CLASSES]; /* by units: lists through the first word */
	uint64_t filled[HOARD_CLASSES / 64]; /* which of those are not empty */
	size_t bytes;        /* of all chunks */
	ARRAY(struct { void *memory; size_t bytes; }) chunks;
};

/* SIZE bytes, at most HOARD_MAX, aligned to 16, not zeroed. Out of memory is ours to die of. */
void *hoard_take(struct hoard *hoard, size_t size);
/* Gives back what hoard_take gave for SIZE. */
void hoard_give(struct hoard *hoard, void *piece, size_t size);
/* All pieces go. */
void hoard_clear(struct hoard *hoard);
/* Whether children that are forked from now on have the pieces too, as they have at first. */
void hoard_share(struct hoard *hoard, bool with_children);

#endif
