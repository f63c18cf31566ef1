/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The beginning of a function, moved to another place, so that a jump fits where it stood.
 */
#ifndef REMOTE_RELOCATE_H
#define REMOTE_RELOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "memtrace/splice.h"

enum { RELOCATE_JUMP = 5 /* bytes of jmp rel32 */, RELOCATE_SHORT = 2 /* of jmp rel8 */, RELOCATE_MAX = SPLICE_MOVED_MAX };

struct relocated {
	size_t taken;           /* that were moved: less than the room, where filling follows */
	uint8_t code[RELOCATE_MAX]; /* what was moved, and a jump to what follows */
	size_t size;
};

/* A function that stands at FROM. */
struct relocate_function {
	const uint8_t *code;
	size_t size, behind;    /* bytes of it; those behind it that are nobody's (relocate_is_filling) */
	uint64_t from;
};
/* Moves its beginning, so that it can stand at TO and leaves ROOM bytes for a jump. False, with a word in *WHY: it is too short, or
 * holds what cannot be moved, or there is a jump from it into that. */
bool relocate(const struct relocate_function *function, size_t room, uint64_t to, struct relocated *relocated, const char **why);
/* jmp from AT to TARGET. False: it is too far. */
bool relocate_jump(uint8_t jump[RELOCATE_JUMP], uint64_t at, uint64_t target);
bool relocate_short_jump(uint8_t jump[RELOCATE_SHORT], uint64_t at, uint64_t target);
/* Are SIZE bytes of CODE nothing but filling between functions? Zeros are not: they may be somebody's data. */
bool relocate_is_filling(const uint8_t *code, size_t size);

#endif
