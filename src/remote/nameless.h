/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A function that has no name, found by what it does: musl's libc names what it exports alone.
 */
#ifndef REMOTE_NAMELESS_H
#define REMOTE_NAMELESS_H

#include <stdbool.h>
#include "remote/branches.h"
#include "remote/object.h"

/* __clone: what LIBC's pthread_create calls to have the kernel make a thread. False: it calls none such, or several. */
bool nameless_clone(const struct object *libc, struct branch_range *function);

#endif
