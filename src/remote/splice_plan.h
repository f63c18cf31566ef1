/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a splice (memtrace/splice.h) of a program will be: which functions, their moved beginnings, the jumps in their place. Nothing is
 * done to anybody here.
 */
#ifndef REMOTE_SPLICE_PLAN_H
#define REMOTE_SPLICE_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "memtrace/splice.h"
#include "remote/object.h"
#include "remote/relocate.h"

struct splice_jump {
	uint64_t at;
	size_t size;
	uint8_t code[RELOCATE_JUMP];
};

/* A call in libc that leads elsewhere. */
struct splice_call {
	uint64_t at; /* of its distance */
	int32_t distance;
};

struct splice_unmoved {
	const char *name, *why;
	bool allocates; /* or frees */
};

struct splice_plan {
	struct splice *splice;
	struct buffer code;                    /* to be executed */
	ARRAY(struct splice_jump) jumps;
	ARRAY(struct splice_call) calls;
	ARRAY(struct splice_unmoved) unmoved;   /* functions that the program has, and that stay as they are */
};

/* Where things will stand: the bias of the functions' module, the splice, and its code of at most SPLICE_CODE_MAX bytes. */
enum { SPLICE_CODE_MAX = (1 + SPLICE_ROWS) * SPLICE_PLACE };
struct splice_places {
	uint64_t bias, splice, code;
	bool libc; /* the module is a C library: what it maps, it maps for itself */
};

/* All functions that PROGRAM defines and LIBRARY exports. To be freed. */
void splice_plan_make(struct splice_plan *plan, const struct object *program, const struct object *library,
	const struct splice_places *places);
void splice_plan_free(struct splice_plan *plan);
/* The row of NAME, or NULL. */
const struct splice_row *splice_plan_row(const struct splice_plan *plan, const char *name);

#endif
