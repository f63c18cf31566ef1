/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of the memory in the program that is ours (wire.h, wire_owned): there are copies of words of the program's stacks in it,
 * which must not pass for pointers of the program's. Looked at from outside, while the program stands still; nobody waits here.
 */
#ifndef SHIM_OWNED_H
#define SHIM_OWNED_H

#include <stddef.h>

/* What was mapped is ours. Where there is no memory to note it, it is not noted. */
void owned_add(void *at, size_t size);
/* It is about to be unmapped. */
void owned_remove(void *at);
/* The list, which never moves; it begins with the library's own data. */
void *owned_list(void);

#endif
