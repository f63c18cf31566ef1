/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What memtrace could do for a program, and what stands in its way: found by looking, nothing is started or changed but the
 * dynamic linker's own list.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/out.h"
#include "model/snapshot.h"
#include "record/program.h"
#include "symbol/symbolizer.h"

/* Whether something can be done; if not, why, and perhaps what to do about it. */
struct doctor_answer {
	bool asked, possible;
	char *why, *hint; /* malloc'ed, or NULL */
};

/* A file whose code the program runs. */
struct doctor_module {
	char *path, *build_id;   /* build_id: in hexadecimal, "" none */
	enum module_names names; /* what there is of it now */
	char *from, *why;        /* as of struct symbol_source, malloc'ed, or NULL */
	char *package;           /* the Debian package that brought it, or NULL */
	char *debug_file;        /* where its debug information would be looked for first; NULL: it needs none, or has no id */
};

struct doctor {
	pid_t pid;   /* 0: a program that does not run */
	char *path;  /* the executable */
	enum program_kind kind;
	const char *what; /* "a dynamic program", … */
	struct doctor_answer run, attach;
	ARRAY(struct doctor_module) modules;
	char *no_modules;       /* why they are not known; NULL: they are */
	ARRAY(char *) obstacles; /* limits of the machine and the session, a sentence each */
};

/* The files of PROGRAM, or of process doctor->pid, into doctor->modules. */
void doctor_list_modules(struct doctor *doctor);
/* What of them has names, by SYMBOLIZER's options; and the packages they are of. */
void doctor_look_at_modules(struct doctor *doctor, const struct symbolizer_options *options);
void doctor_look_at_limits(struct doctor *doctor);

void doctor_print(const struct doctor *doctor, struct out *out);
void doctor_print_json(const struct doctor *doctor, struct out *out);
void doctor_release(struct doctor *doctor);

#endif
