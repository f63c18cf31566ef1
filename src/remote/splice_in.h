/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a splice (memtrace/splice.h) in a program that is held at its birth: its functions are found in its file, their beginnings moved,
 * and jumps written in their place; into a static program the library itself is laid, too, and begins before the program does.
 */
#ifndef REMOTE_ENSPLICE_H
#define REMOTE_ENSPLICE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "remote/birth.h"
#include "remote/object.h"

struct splice_in {
	const struct object *program;
	const struct object *owner; /* of the functions: its dynamic linker, which is musl's libc, too; NULL: the program */
	const char *library;  /* the file of that for static programs, whose functions take over */
	const char *preload;  /* its name, or that of the one for dynamic programs, in LD_PRELOAD */
	bool lay;             /* lay it into the program; false: a dynamic linker will load PRELOAD, which has the same functions */
};

struct splice_made {
	uint64_t at;     /* the splice's address */
	char *unwatched; /* a sentence about the functions that could not be moved, to be freed; NULL: all were */
};

/* In the program that BIRTH holds. -1: it cannot be traced, and must not run as it is then. */
int splice_in(struct birth *birth, const struct splice_in *wish, struct splice_made *made, struct error *err);

#endif
