/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A splice: functions of a program that begin with a jump into memtrace, where no dynamic linker could lead them there: a static
 * program's, or a malloc that an executable brings. memtrace writes it into the program before that runs (src/remote/splice.h), within
 * 2 GiB of its code; the library takes it up (src/shim/splice.h).
 *
 *	the program's malloc:   jmp ---.          .---> moved: the bytes that stood there, jmp back behind the jump
 *	                               v          |
 *	code of the splice:      jmp *row.hook ----'---> once it has been taken up: the library's malloc, which calls row.moved
 *
 * Until then, and where nothing is to be recorded, the program's own functions run. Both sides are of one build, as for wire.h.
 */
#ifndef MEMTRACE_SPLICE_H
#define MEMTRACE_SPLICE_H

#include <stdint.h>

#define SPLICE_MAGIC 0x7466617267746d4dull

enum {
	SPLICE_NAME_MAX = 48,   /* bytes with the NUL */
	SPLICE_ROWS = 64,
	SPLICE_OUTSIDE = 8,
	SPLICE_PATH_MAX = 4096,
	SPLICE_STUB = 16,       /* bytes of a place in the code: the jump to the hook; */
	SPLICE_MOVED_MAX = 64,  /* the beginning that was moved, at most; */
	SPLICE_FDE_AT = 80,     /* where unwind information for both stands, an FDE (LSB, "Exception Frames") */
	SPLICE_FDE = 64,        /* bytes of that */
	SPLICE_PLACE = SPLICE_FDE_AT + SPLICE_FDE,
};

enum splice_flags {
	SPLICE_OPERATORS = 1,   /* each operator new and delete that the program defines is in a row */
	SPLICE_THREADS_UNSEEN = 2, /* a function by which it makes threads is not */
};

struct splice_row {
	char name[SPLICE_NAME_MAX];
	_Atomic uint64_t hook; /* where the jump leads; at first `moved` */
	uint64_t moved;        /* what to call for the function itself; 0: there is one, but it could not be moved */
	uint64_t start, end;   /* of the function */
	uint32_t leads;        /* 1: its jump leads by this row; 0: it has another name, and goes by that row */
	uint32_t taken;        /* bytes of the function that were moved */
};

struct splice_range {
	uint64_t start, end;
};

struct splice {
	uint64_t magic;
	uint32_t n_rows, n_outside;
	uint32_t flags, pad;   /* enum splice_flags */
	/* The executable's memory; and where the image starts to run: 0 where the library is loaded by a dynamic linker. */
	uint64_t start, end, bias, entry;
	uint64_t owner_start, owner_end; /* of the module that the functions are of: the executable, or musl */
	uint64_t code, code_end;         /* the splice's own: the head of all FDEs (a CIE), as long as a place, then places */
	/* An .eh_frame_hdr for it, anywhere within 2 GiB, or 0; its bytes and those of .eh_frame lie in [unwind_start, unwind_end). */
	uint64_t unwind, unwind_start, unwind_end;
	char library[SPLICE_PATH_MAX]; /* the name of the library for other programs, as in LD_PRELOAD */
	/* What allocates for itself even in the middle of operator new: for the exceptions that this throws. */
	struct splice_range outside[SPLICE_OUTSIDE];
	struct splice_row rows[SPLICE_ROWS];
};

#endif
