/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debug files from the servers in $DEBUGINFOD_URLS: debuginfod(8), by its own library, which is only
 * there where somebody installed it.
 */
#ifndef SYMBOL_DEBUGINFOD_H
#define SYMBOL_DEBUGINFOD_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/* In the process that watches, before it has others read: what they learn of a server that hangs they then know of each other, so that
 * it costs its time once, not for each module. */
void debuginfod_prepare(void);

/* The name of the file with the debug information of a build-id, fetched if need be into the
 * library's cache; to be freed. PROGRESS(DATA), which may be NULL, is called while it waits, for
 * seconds or minutes. NULL and an error, a clause like "no debuginfod server has one". */
char *debuginfod_fetch(const uint8_t *build_id, size_t size, void (*progress)(void *), void *data,
	struct error *err);

#endif
