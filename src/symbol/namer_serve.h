/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the helper process of a module does, and what it says. When it is through with one module it
 * may be given another, which is cheaper than a new process. Integers are varints but for the first
 * byte of a message, its kind.
 *
 *      helper                          parent
 *      SOURCE                    -->                 files are open
 *                                <--   addresses     a count, then signed differences
 *      NAMES NAMES ... SOURCE    -->                 SOURCE ends an answer
 *                                <--   module        a count of 0, then its path, build-id and root
 *                                                  ("" for NULL), process, start and time
 *      SOURCE                    -->                 its files are open, the former ones closed
 *
 * NAMES is: a count and so many strings that were not sent before (they get the next numbers, from
 * 1), a count and so many chains; a chain is a count and so many levels; a level is the numbers of
 * file and function (0 unknown), and the line. SOURCE is: a byte of enum module_names, then two
 * strings, `from` and `why` of struct symbol_source ("" for NULL), then a byte that says whether it
 * is not to be given another module (it has taken much memory).
 */
#ifndef SYMBOL_NAMER_SERVE_H
#define SYMBOL_NAMER_SERVE_H

#include "symbol/symbolizer.h"

enum namer_message { NAMER_NAMES = 1, NAMER_SOURCE };

struct namer_job {
	const struct symbol_module *module;
	const struct symbolizer_options *options;
	const char *distrust; /* as in struct binary_options */
};

/* For helper_start: serves until the parent is gone. JOB is a struct namer_job. */
void namer_serve(int socket, void *job);

#endif
