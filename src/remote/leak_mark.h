/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which blocks of a copied memory can still be reached from its roots: what valgrind's memcheck says of them, by its rules.
 *
 *	a pointer to a block's first byte, from a root or a reachable block     reachable
 *	one into its middle, or any from a possible block                       possible
 *	of the others: one that nobody points to                                definite
 *	               what such a one leads to                                 indirect
 *	               a ring: its lowest block is definite, unless a lost one outside leads to that; the others are indirect
 *
 * A pointer is an aligned word. Some that lead into the middle are as good as one to the beginning, since compilers and libraries
 * make no other (memcheck's heuristics): behind the count that new[] keeps for arrays with destructors, behind the length that sqlite and
 * others keep, at the text of a libstdc++ string of the old kind, at the part of a C++ object that is its second base class.
 *
 * Nothing here knows of processes: memory is what the caller has copied, and what it has not is not looked at.
 */
#ifndef REMOTE_LEAK_MARK_H
#define REMOTE_LEAK_MARK_H

#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"
#include "model/snapshot.h"

struct leak_block {
	uint64_t address, size;
	uint32_t account;        /* whose it is, the caller's */
	uint8_t own;             /* 1: of an allocator of the program's own; 0: of malloc */
	uint8_t kind;            /* enum leak_kind; leak_mark's answer */
};

struct leak_range {
	uint64_t start, end;
};

/* Copied memory. */
struct leak_extent {
	uint64_t start, end;     /* multiples of 8 */
	const uint8_t *bytes;
};

struct leak_memory {
	ARRAY(struct leak_block) blocks;
	ARRAY(struct leak_extent) extents; /* by address, disjoint */
	ARRAY(struct leak_range) roots;
	ARRAY(uint64_t) words;             /* that are roots, too: registers */
	/* Of files, in order: executable, and else readable. Virtual tables stand in these and lead to those. */
	ARRAY(struct leak_range) code, tables;
};

/* Brings the blocks into order and takes out those that hold others: a pool is no block, what was cut from it is. */
void leak_sort(struct leak_memory *memory);
/* The first block that ends behind ADDRESS: its index, or blocks.count. The blocks are in order. */
size_t leak_first(const struct leak_memory *memory, uint64_t address);
/* Sets the kind of every block. They are in order. */
void leak_mark(struct leak_memory *memory);
/* The word at ADDRESS, a multiple of 8; 0 where nothing was copied. */
uint64_t leak_word(const struct leak_memory *memory, uint64_t address);

#endif
