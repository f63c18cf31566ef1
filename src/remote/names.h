/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dynamic symbols of a module in another process, read in its memory: the tables that its dynamic loader itself uses, so that
 * what is found is what is loaded, whatever has become of the file.
 */
#ifndef REMOTE_NAMES_H
#define REMOTE_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "remote/maps.h"

struct names {
	pid_t pid;
	uint64_t start, end;     /* of the module */
	uint64_t bias;           /* run-time address minus ELF address */
	uint64_t symbols, strings, strings_size;
	uint64_t n_symbols;
	void *table;             /* n_symbols × Elf64_Sym */
	char *text;              /* strings_size bytes and a NUL */
};

/* Reads those of the module that begins with FIRST. False: it is no such module, or has no symbols. To be freed either way. */
bool names_read(struct names *names, pid_t pid, const struct maps *maps, const struct maps_entry *first);
void names_free(struct names *names);
/* Where the function or object NAME is defined; 0: it is not. An indirect function's address is its resolver's. */
uint64_t names_find(const struct names *names, const char *name);
/* Bounds of what lies about ADDRESS between the functions of all defined symbols: *START is the end of the last function that ends at or before
 * ADDRESS, *END the beginning of the first that begins behind ADDRESS. */
void names_between(const struct names *names, uint64_t address, uint64_t *start, uint64_t *end);

#endif
