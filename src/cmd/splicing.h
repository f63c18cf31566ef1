/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting a program that the dynamic linker cannot bring the library into, or whose malloc is its own: it is held at its birth, and a
 * splice made in it.
 */
#ifndef CMD_SPLICING_H
#define CMD_SPLICING_H

#include "base/error.h"
#include "record/pool.h"
#include "record/program.h"
#include "record/target.h"
#include "remote/birth.h"

struct splicing {
	const char *name;       /* of the program, as the user gave it */
	const char *preload;    /* as in LD_PRELOAD */
	enum program_kind kind;
	struct birth birth;
	bool held, made;
	char *unwatched;        /* a sentence about what it does and nobody sees, to be freed; NULL: all is seen */
};

/* Is a program of KIND one for this? */
bool splicing_suits(enum program_kind kind);
/* As far as its file at PATH tells, nothing is against it; -1: it cannot be traced. */
int splicing_check(enum program_kind kind, const char *path, struct error *err);
/* Between target_hold and target_go: takes hold of the child. -1: it may not be. A program that has only a malloc of its own then runs
 * untraced, and so it does if that cannot be moved: 0, but splicing->made says that it is not. */
int splicing_begin(struct splicing *splicing, struct target *target, struct target_program *program, struct error *err);
/* Behind target_go: makes the splice, and lets the program run. -1: it cannot be traced, and was ended before it began. */
int splicing_finish(struct splicing *splicing, struct pool *pool, struct error *err);

#endif
