/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector's side of the shared pool and the pipe (include/memtrace/wire.h): making them, telling the program
 * where they are, living and sleeping visibly.
 */
#ifndef RECORD_POOL_H
#define RECORD_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "memtrace/wire.h"

struct pool {
	struct wire_pool *head;
	struct wire_process *processes;  /* WIRE_PROCESSES */
	struct wire_slot *slots;         /* WIRE_SLOTS */
	int memory_fd, pipe_read, pipe_write; /* high numbers, close-on-exec */
	uint8_t *rings[WIRE_SLOTS];      /* mapped on demand */
	uint8_t mutex[64];               /* the collector's, as it was when it was taken */
};

struct pool_options {
	uint32_t frames_limit;
	enum wire_transport transport;
	bool follow_fork, follow_exec;
	bool paused;                     /* processes begin stopped */
	uint64_t sample, sample_seed;    /* --sample: bytes to a told block, 0: all are told; seed 0: by chance */
	bool leaks;                      /* they ask to be looked at when they exit */
};

/* Makes the pool and the pipe; errors have status EXIT_MEMTRACE_FAILED. */
int pool_make(struct pool *pool, const struct pool_options *options, struct error *err);
void pool_close(struct pool *pool);

/* The value of WIRE_ENVIRONMENT, malloc'ed. */
char *pool_environment(const struct pool *pool);
/* In the child, before exec: lets both descriptors pass. */
void pool_inherit(const struct pool *pool);

/* Shows that this thread is the living collector: the kernel marks its death. After a fork the new collector
 * calls it, the old one pool_leave() before. */
void pool_enter(struct pool *pool);
void pool_leave(struct pool *pool);
/* From now on nobody reads: what still lives need not wait for it. */
void pool_desert(struct pool *pool);

/* The words of a slot's ring. */
const uint64_t *pool_ring(struct pool *pool, uint32_t slot);
/* Gives a slot back to the shims: its memory to the system, its extra budget to the others. */
void pool_free_slot(struct pool *pool, uint32_t slot);
void pool_free_process(struct pool *pool, uint32_t process);

/* Sleeps until a producer rings, a signal comes or MS have passed. Between announce and wait the caller looks once more. */
void pool_announce_sleep(struct pool *pool);
void pool_wait(struct pool *pool, int ms);
void pool_awake(struct pool *pool); /* async-signal-safe: makes a coming pool_wait return at once */

uint64_t pool_now(void); /* in ticks of wire.h */

#endif
