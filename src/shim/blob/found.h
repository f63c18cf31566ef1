/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a dynamic linker would know: which modules there are, with their unwind information, and where functions are.
 */
#ifndef SHIM_BLOB_FOUND_H
#define SHIM_BLOB_FOUND_H

#include <dlfcn.h>
#include "memtrace/splice.h"

/* First of all. */
void found_prepare(const struct splice *splice);
/* As libc's _dl_find_object. */
int found_object(void *address, struct dl_find_object *result);

#endif
