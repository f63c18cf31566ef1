/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lies at an address of the watched process: live blocks, of which one may lie in another (a
 * pool's pieces in the pool), or a module. tracemalloc's get_object_traceback, for any address.
 */
#ifndef REPORT_ADDRESS_H
#define REPORT_ADDRESS_H

#include <stdint.h>
#include "base/memory.h"
#include "base/out.h"
#include "report/table.h"

struct address {
	uint64_t address;
	ARRAY(const struct block *) blocks; /* those that hold it, the smallest first */
	const struct module *module;	    /* NULL: in none */
	uint64_t in_module;		    /* as ELF address of that */
	struct row_frames names;	    /* of a module's address: the caller's to fill */
};

struct addresses {
	const struct snapshot *snapshot;
	const char *file;
	ARRAY(struct address) all;
};

/* Looks up one more. Cost: one pass over the blocks. */
struct address *addresses_add(struct addresses *addresses, uint64_t address);
void addresses_release(struct addresses *addresses);

/* A line each, then its traceback. */
void addresses_text(const struct addresses *addresses, struct out *out);
/* memtrace-addr/1. */
void addresses_json(const struct addresses *addresses, struct out *out);

#endif
