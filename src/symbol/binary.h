/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One module's files, opened: the file itself, its debug file, their symbol tables and debug
 * information, and the rules by which these give one answer.
 */
#ifndef SYMBOL_BINARY_H
#define SYMBOL_BINARY_H

#include "base/strings.h"
#include "symbol/dwarf_file.h"
#include "symbol/symbolizer.h"

#define CHAIN_MAX 256 /* levels; deeper inlining is cut at its outer end */

struct binary; /* opaque */

struct binary_options {
	const struct symbolizer_options *search;
	const char *distrust; /* why debug information is not to be read, or NULL: the symbol tables
				 only */
	void (*progress)(void *); /* called now and then while long work goes on, only where it is
				     sure to end; or NULL */
	void *progress_data;
	/* Opens files that the module's debug information refers to; NULL: elf_open. For fuzzers,
	 * whose inputs must not name files of this machine. */
	struct elf *(*open)(const char *path, struct error *err);
};

/* Never NULL: what cannot be opened is told by binary_source. */
struct binary *binary_open(
	const struct symbol_module *module, const struct binary_options *options);
/* The same over an image of a file in memory, which must outlive it: for fuzzers. */
struct binary *binary_open_memory(
	const void *data, size_t size, const struct binary_options *options);
void binary_close(struct binary *binary);

/* The chain of ADDRESS (inside of the instruction), at least one level; ids are of binary_strings.
 * Demangled, unless options->search says raw. */
size_t binary_lookup(struct binary *binary, uint64_t address, struct level levels[CHAIN_MAX]);
const struct strings *binary_strings(const struct binary *binary);
/* As it is now; strings live until the next call or the close. */
struct symbol_source binary_source(struct binary *binary);

#endif
