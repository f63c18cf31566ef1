/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One module's names, asked for in bulk: of a helper process that opens the module's files, or in
 * this one.
 */
#ifndef SYMBOL_NAMER_H
#define SYMBOL_NAMER_H

#include "base/strings.h"
#include "symbol/symbolizer.h"

struct namer; /* opaque */

/* Opens nothing yet. All arguments must outlive it; names go to STRINGS. */
struct namer *namer_new(const struct symbol_module *module,
	const struct symbolizer_options *options, struct strings *strings);
void namer_free(struct namer *namer);

/* For each of N addresses (inside of the instructions; ascending is fastest), in order: TELL(DATA,
 * index, levels, count), innermost first, at least one. Symbols' strings live as long as STRINGS.
 * Never fails. */
typedef void namer_tell(void *data, size_t index, const struct symbol *levels, size_t count);
void namer_ask(
	struct namer *namer, const uint64_t *addresses, size_t n, namer_tell *tell, void *data);

/* Puts the question that the next namer_ask will be, of the same addresses, and does not wait for the answer: it is found
 * meanwhile. For one that is asked nothing else in between. */
void namer_begin(struct namer *namer, const uint64_t *addresses, size_t n);

/* Gives back the memory and the process that the module's files take; the next question opens them
 * again. */
void namer_rest(struct namer *namer);
bool namer_is_open(const struct namer *namer);
/* NAMER, which is not open, takes over the process of FROM, which then is not open either. False:
 * that is not to be; all is as it was. */
bool namer_take(struct namer *namer, struct namer *from);

/* How the names were found; opens the files if that was never done. */
struct symbol_source namer_source(struct namer *namer);

#endif
