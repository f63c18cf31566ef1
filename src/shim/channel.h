/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process's tie to its collector: the mapped head of the pool, its entry in the table of
 * processes, the way to more memory of the pool and to the pipe, and giving all that up.
 */
#ifndef SHIM_CHANNEL_H
#define SHIM_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "memtrace/wire.h"

struct channel {
	struct wire_pool *pool; /* [0, WIRE_RINGS_AT) of the pool, mapped for good */
	struct wire_process *processes, *process;
	struct wire_slot *slots;
	uint32_t index, generation; /* of our entry */
	bool piped;		    /* --transport pipe */
	bool starting;		    /* messages still go through the pipe */
	bool flush_always;	    /* --transport pipe, and the program is at its end */
	_Atomic uint32_t *door;	    /* while we join: where to tell a socket (wire_join), or NULL */
	bool inherited;	       /* this image found the descriptors in itself: it is the first */
	bool leaks;	       /* the pool's word, from before the program could write there */
	uint64_t sample, sample_seed; /* likewise, see sampling.h */
	uint32_t frames_limit; /* frames kept of a stack */
	enum wire_clock clock;
	/* After seccomp or prctl. */
	bool jail;     /* no system call at all: strict mode, or a filter that may kill for one */
	bool confined; /* only those that sandbox.c asks about */
	bool childless; /* and of these, not those of a forked child */
	_Atomic uint64_t memory; /* bytes mapped privately */
};
extern struct channel channel;

/* What WIRE_ENVIRONMENT says. */
struct channel_address {
	uint64_t version, pid, pool_fd, pool_inode, pipe_fd, pipe_inode, key;
};
/* False: TEXT is not of that form. */
bool channel_parse(const char *text, struct channel_address *address);

/* Finds the pool by the environment, maps its head, closes what was inherited. False: there is
 * none; nothing is left. */
bool channel_open(const char *environment);
/* Claims an entry of the table for this process and fills it in. */
bool channel_claim_process(void);
/* A slot's index, its entry filled in but its tail and head 0; -1: none is free. */
int channel_claim_slot(int32_t tid);
/* A new view of SIZE bytes at OFFSET of the pool, or NULL. */
void *channel_map(uint64_t offset, size_t size);
/* Do messages go through the pipe now? While the process starts, if it can be reached. */
bool channel_pipe_ready(void);
/* The start is over: no descriptor stays, but for the one that --transport pipe keeps. */
void channel_close_start(void);
/* One whole message through the pipe; PATIENT: waiting while it is full. BUFFER, if not NULL, is
 * emptied with it, before any signal handler may come. False: the pipe cannot be reached, or is
 * full. */
struct producer;
bool channel_write(
	const struct iovec *parts, unsigned int n_parts, struct producer *buffer, bool patient);

struct channel_wait {
	uint64_t progress, slept_ns, step_ns, all_ns; /* all_ns: slept in all */
};
/* Sleeps a moment because the collector must first get on. False: no use any more, see
 * wire_pool.wait_ms. WAIT begins all zeros. */
bool channel_wait(struct channel_wait *wait);
/* The collector may be asleep with something to read. */
void channel_ring_bell(void);
/* Does the collector live, for all we know? */
bool channel_is_heard(void);
/* Gives all of the pool back: no thread may be about to use it. */
void channel_close(void);
/* Nothing is recorded from now on. */
void channel_give_up(void);
void channel_lost(void);

/* Private memory of the shim, zeros, counted; NULL when there is none. */
void *channel_memory(size_t size);
/* Gives it back, or a view of the pool. */
void channel_free(void *at, size_t size);

static inline bool channel_stopped(void)
{
	return atomic_load_explicit(&channel.process->flags, memory_order_relaxed) &
	       WIRE_FLAG_STOPPED;
}

#endif
