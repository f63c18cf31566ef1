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
#include "base/rooted.h"
#include "symbol/elf.h"

struct companion_search {
	struct rooted at;      /* the file with the debug information; no path: it is nowhere, and so
				* is everything that is relative to it */
	struct rooted program; /* the program or library itself, or no path. What was written down of
				* other files is tried in its root, then in ours */
	const char *const *dirs; /* --debug-dir, of ours; NULL-terminated, or NULL */
	/* Opens a candidate; NULL: elf_open_in. For fuzzers, whose files are nowhere. */
	struct elf *(*open)(const char *path, struct error *err);
};

/* True: that is it, no more are to be tried. */
typedef bool companion_try(void *data, const struct rooted *place);

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
	const struct companion_search *search, const struct rooted *place, struct error *err);

#endif
