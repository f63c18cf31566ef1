/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses to names: the door of the room. One symbolizer serves many modules; a module's files
 * are opened at its first look-up and everything is cached by address, since heap profiles repeat
 * addresses.
 */
#ifndef SYMBOL_SYMBOLIZER_H
#define SYMBOL_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/snapshot.h"

struct symbolizer; /* opaque */

struct symbolizer_options {
	const char *const
		*debug_dirs; /* searched before /usr/lib/debug; NULL-terminated, or NULL */
	bool debuginfod; /* at last, the servers in $DEBUGINFOD_URLS are asked for a debug file */
	bool in_process; /* parse debug information in this process: tests and fuzzers. Otherwise
			  * corrupt input that kills libdwarf costs a module's names, never the
			  * caller */
	bool raw_names;	 /* not demangled: to compare with other symbolizers */
	unsigned int open; /* the files of so many modules are kept open at once, each by a
			    * process of its own; 0: 4 */
};

/* Never NULL. OPTIONS may be NULL for the defaults. */
struct symbolizer *symbolizer_new(const struct symbolizer_options *options);
void symbolizer_free(struct symbolizer *symbolizer);

/* A name's place in its source; strings live as long as the symbolizer. */
struct symbol {
	const char *filename; /* absolute or as the debug information has it; NULL unknown */
	const char *function; /* demangled; NULL unknown */
	uint32_t lineno;      /* 0 unknown */
	bool inlined;	      /* inlined into the next one */
};

/* What is asked of: a file as the program had it mapped. */
struct symbol_module {
	const char *path;
	const uint8_t *build_id; /* of what was mapped; a file with another one is not used */
	size_t build_id_size;	 /* 0: it has none, or nobody knows it */
	const char *root;  /* the folder that is the program's "/", if that is another one than ours;
			    * or NULL */
	int32_t pid;	   /* a process that may have it mapped still, from START on: asked for it
			    * when PATH is gone or another file by now. 0: none */
	uint64_t start;
	uint64_t mapped_ns; /* when it was mapped, CLOCK_REALTIME: a file without a build-id that has
			     * changed since is not used; 0 unknown */
	bool elsewhere;	    /* on another machine, or nobody knows where: a file here without a build-id
			     * is not used */
};

/* A module's number, for symbolizer_lookup: the same (path, root, build-id), without a build-id also
 * the same time and `elsewhere`, gives the same number. `linux-vdso.so.1` is the code that the kernel maps into each
 * process: it is read from our own memory. */
uint32_t symbolizer_module(struct symbolizer *symbolizer, const struct symbol_module *module);

/*
 * The names of PC, a return address as an ELF address (run-time minus load bias) of module MODULE;
 * innermost first, inlined functions before the one that they were inlined into. Here, and nowhere
 * else, 1 is taken off. Writes at most MAX (>= 1), returns how many, at least 1. Never fails: an
 * address nobody can name is one symbol of NULLs.
 */
size_t symbolizer_lookup(struct symbolizer *symbolizer, uint32_t module, uint64_t pc,
	struct symbol *symbols, size_t max);

/*
 * Names N addresses (as for symbolizer_lookup) of one module in one round trip to whoever reads its
 * files; their look-ups are then answered from the cache. Worth it for two or more. Addresses that
 * are known already cost nothing.
 */
void symbolizer_prefetch(
	struct symbolizer *symbolizer, uint32_t module, const uint64_t *pcs, size_t n);
/* Has them looked up while the caller does something else, such as asking for another module's: the next thing that is asked
 * of this module must be symbolizer_prefetch with the same addresses. For at most symbolizer_parallel() modules at once, those
 * that are being prefetched included. */
void symbolizer_begin(
	struct symbolizer *symbolizer, uint32_t module, const uint64_t *pcs, size_t n);
unsigned int symbolizer_parallel(const struct symbolizer *symbolizer);

/* How a module's names were found, so far; strings live as long as the symbolizer. */
struct symbol_source {
	enum module_names names;
	const char *from; /* the file with the debug information, if it is another one; or NULL */
	const char *why;  /* why there are no names or no lines; or NULL */
};
struct symbol_source symbolizer_source(struct symbolizer *symbolizer, uint32_t module);

#endif
