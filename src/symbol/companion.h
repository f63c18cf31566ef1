/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the files are that belong to a file with debug information: .dwo, .dwp (the GDB manual,
 * "Debugging Information in Separate Files"; DWARF 5, section 7.3.2), and what dwz has moved out of
 * it. Only paths, in the order in which they are to be tried; whether a file is the right one, who
 * tries it knows.
 */
#ifndef SYMBOL_COMPANION_H
#define SYMBOL_COMPANION_H

#include <stdbool.h>
#include "symbol/elf.h"

struct companion_search {
	const char *path;    /* of the file with the debug information, as we open it; NULL: it is
			      * nowhere, and so is everything that is relative to it */
	const char *program; /* of the program or library itself, as we would open it; or NULL */
	const char *const *dirs; /* --debug-dir; NULL-terminated, or NULL */
	const char *root;	 /* in front of paths that the program would use; or NULL */
	/* Opens a candidate; NULL: elf_open. For fuzzers, whose files are nowhere. */
	struct elf *(*open)(const char *path, struct error *err);
};

/* True: that is it, no more are to be tried. */
typedef bool companion_try(void *data, const char *path);

/* The .dwo file that a unit calls NAME, compiled in COMP_DIR (may be NULL). */
bool companion_split(const struct companion_search *search, const char *comp_dir, const char *name,
	companion_try *try, void *data);
/* The .dwp file. */
bool companion_package(const struct companion_search *search, companion_try *try, void *data);
/* The alternate file that a link calls NAME, with this id. */
struct companion_link {
	const char *name;
	const uint8_t *id;
	size_t id_size;
};
bool companion_alternate(const struct companion_search *search, const struct companion_link *link,
	companion_try *try, void *data);

struct elf *companion_open(
	const struct companion_search *search, const char *path, struct error *err);

#endif
