/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols by name in the loaded modules, without dlsym: that one takes the loader's lock (a thread
 * in dlopen may hold it and wait for us), allocates, and leaves its error text behind for the
 * program's next dlerror. Here the loader's list of modules is walked and their dynamic symbol
 * tables are read, nothing more.
 *
 * The list is in load order, which for the modules of the start is the order of the global scope: a
 * walk from the module behind ours on is RTLD_NEXT. What is not found there is looked for in all
 * others (a plugin's libstdc++). The walk is not locked; the tables call it at the start, while
 * there is one thread, and later at most once a name.
 */
#ifndef SHIM_LOOKUP_H
#define SHIM_LOOKUP_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

/* The shim's own entry; NULL while the loader's list is not there or the shim is not relocated
 * yet. */
struct link_map *lookup_self(void);
/* True: there is one thread, and until it is false no module comes or goes; many look-ups are then
 * cheaper. */
void lookup_keep(bool keep);
/* The next definition of NAME after the shim's own, else any other; NULL: there is none. OLD:
 * versions that only old programs are bound to are good enough. */
void *lookup_next(const char *name, bool old);
/* The same, with the bytes that the symbol says it has. */
void *lookup_next_sized(const char *name, bool old, size_t *size);
/* Were we loaded when the program ran already? Then nobody is bound to us by himself. */
bool lookup_is_late(void);
/* The module whose NAME the program's modules are bound to: the first in the list that defines
 * it, or NULL. */
struct link_map *lookup_owner(const char *name);

#endif
