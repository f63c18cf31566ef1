/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where symbols meet a snapshot: every location with an address gets its frames from the symbolizer.
 */
#ifndef CMD_NAMING_H
#define CMD_NAMING_H

#include "model/snapshot.h"
#include "symbol/symbolizer.h"

struct naming_options {
	const char *root; /* as in struct symbol_module, of the process that was watched */
	int32_t pid;      /* it, while it lives; or 0 */
	bool keep_better; /* a name gives way to a better one alone */
};

/* How the symbolizer is asked for a module of SNAPSHOT, whose strings it points to: for a file of this machine, of no process. */
struct symbol_module naming_module_of(const struct snapshot *snapshot, const struct module *module);

/* What became of a module's places. */
struct naming_module {
	bool asked;       /* the symbolizer was; it has places in this snapshot */
	struct symbol_source source; /* of the symbolizer: what it found this time */
	size_t places, better; /* how many there are; how many of them have more of a name than before */
};

/*
 * Names all locations that have an address and a module: file, line, function, inlined levels. Keeps the addresses, so that it can
 * be done again. A trace's total_nframe grows by the inlined levels found. A frame that nobody can give a line is
 * FRAME_NO_LINE with its module's path; how each module was named stands in the module.
 *
 * With keep_better a location keeps its frames unless it has a line, a function or an inlined level more now and none of them less,
 * and a module its account unless that became better.
 *
 * TOLD is of snapshot->modules.count entries, to be filled; its strings live as long as SYMBOLIZER. It may be NULL.
 */
void naming_apply(struct snapshot *snapshot, struct symbolizer *symbolizer, const struct naming_options *options,
	struct naming_module *told);

#endif
