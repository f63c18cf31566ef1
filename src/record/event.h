/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thing that happened to the heap of a watched process, as the reader hands it to the aggregate: in the order of
 * time over all threads.
 */
#ifndef RECORD_EVENT_H
#define RECORD_EVENT_H

#include <stdint.h>
#include "memtrace/wire.h"

/* Those of short records have the numbers of their words. */
enum event_type {
	EVENT_ALLOC = WIRE_ALLOC, /* addr, size, trace */
	EVENT_FREE = WIRE_FREE,   /* addr */
	EVENT_MOVE = WIRE_MOVE,   /* addr: a free that an UNDO of the same ring may take back */
	EVENT_UNDO,               /* addr: the ring's last MOVE or UNMAP of it did not happen */
	EVENT_MAP,                /* addr, size (length), trace: a range */
	EVENT_UNMAP,              /* addr, size (length) */
	EVENT_CLEAR,              /* all blocks are forgotten */
	EVENT_RESET_PEAK,         /* the peak is what is live now */
	EVENT_ASK,                /* enum wire_question in domain; its number in size; addr and trace: what the question says */
};

struct event {
	enum event_type type;
	uint32_t domain;
	uint32_t trace;  /* the shim's node id, 0: no frame */
	uint64_t tick, addr, size;
};

#endif
