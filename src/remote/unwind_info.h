/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the unwind information of a process's code lies: found in the process itself, as its own unwinder finds it. A file
 * of the same path may be another one, or not be there: in a container, a chroot, after an update, in a memfd.
 */
#ifndef REMOTE_UNWIND_INFO_H
#define REMOTE_UNWIND_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/memory.h"
#include "remote/maps.h"

struct unwind_info {
	uint64_t start, end; /* run-time addresses of the module */
	uint64_t header;     /* of its .eh_frame_hdr (LSB); 0: it has none, or one without a sorted table */
	uint64_t table;      /* the table's rows: pairs of signed 32-bit distances from HEADER, of a function and of its entry */
	uint64_t rows;
};

struct unwind_infos {
	pid_t pid;
	struct maps maps;
	ARRAY(struct unwind_info) found;
};

/* Of PID as it is now. */
void unwind_infos_open(struct unwind_infos *infos, pid_t pid);
void unwind_infos_close(struct unwind_infos *infos);
/* What is known of the module that PC is in; NULL: it is in none. Good until the next call. */
const struct unwind_info *unwind_infos_find(struct unwind_infos *infos, uint64_t pc);

#endif
