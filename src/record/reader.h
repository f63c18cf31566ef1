/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the pool and the pipe to images: finds processes and rings, joins messages, merges the rings of each process by
 * time, and notices ends.
 *
 * What is final. An event may rely on another ring's (a free on its allocation, an allocation on the free of that address),
 * which has the lesser tick and was published before it (wire.h). So whatever a record relies on that was found by one
 * look at the heads is found by the next look. A round merges by ticks all that its look has found, and hands on what the
 * look before had found already, as far as nothing that is newer comes before it: then all that an event relies on has
 * been handed on before it. Threads that are idle, stopped in the middle of a record, or without a processor hold back
 * nobody; what comes late in time is independent of what was handed on.
 *
 * A process with one ring, while no other ring has come up, waits for nothing.
 *
 * With --transport pipe a thread's records come when its buffer is full, and the slots tell who has something in it. What an
 * event relies on was in a buffer, or sent, before that event was sent. So of what the drain of the round before has brought,
 * all may be handed on that is not younger than the last word of somebody who, at this round's look, has not sent all.
 * Whoever sends takes along what idle threads have left, so that nobody is waited for for long (shim/ring.c).
 */
#ifndef RECORD_READER_H
#define RECORD_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "record/decode.h"
#include "record/image.h"
#include "record/pool.h"

/* What a ring tells beside events. It counts when the event behind it does: others may have told of modules meanwhile. */
struct aside {
	uint32_t id, parent, flags; /* of a node */
	uint64_t pc;
	void *message;           /* or a message of so many bytes, malloc'ed */
	size_t size;
};

struct ring {
	uint32_t slot;
	struct reader_process *process;
	struct decode_stream stream;
	struct image_ring image;
	struct event next;       /* decoded ahead, when have_next */
	ARRAY(struct aside) asides; /* what stood before it */
	bool have_next, fresh;   /* fresh: its head has not been read in this round */
	uint64_t position;       /* words copied out */
	uint64_t target;         /* head of this round */
	uint64_t final;          /* what stands before it may be handed on: the head of the round before */
	uint64_t safe, heard_ns; /* pipe transport: all up to this tick has come; when its last chunk came, or it was met */
	bool met, unsent;        /* it was looked at before; pipe transport: when it was, something was not sent yet */
	struct {                 /* the snapshot that its thread's question `number` is about */
		uint64_t number;
		char *path, *label;
		bool wanted;     /* the question has been asked */
		bool leaks;      /* no snapshot: to be looked at, from `stack` on */
		uint64_t stack;
	} wish;
};

struct merge_entry {
	uint64_t tick;           /* of ring->next */
	struct ring *ring;
};

struct reader_process {
	struct reader *reader;   /* whose it is */
	uint32_t index, generation;
	struct image *image;
	int pidfd;               /* -1: unknown, the process is gone or is our own child */
	ARRAY(struct ring *) rings;
	ARRAY(uint8_t) parts[16]; /* unfinished messages by kind */
	struct merge_entry *heap; /* room for all rings */
	uint64_t since;          /* events before this tick are forgotten, whenever they come */
	uint64_t nudged_ns;      /* when its turn was last ended … */
	bool stirred;            /* … and whether it has said anything since */
	uint64_t leaving_ns;     /* when it was last looked whether it has become another program; 0: it says nothing of that */
	size_t copied;           /* words, in this round */
	uint64_t message_tick;   /* of the message being read: when it was sent */
	bool said_hello, ended;
	bool gone;               /* at its hello already, and its pid is another namespace's */
	bool waited_for;         /* our own child: its end is told by reader_end, not by its pidfd */
};

struct reader {
	struct pool *pool;
	ARRAY(struct reader_process *) processes; /* those that live, or have ended and were not taken yet */
	struct ring *rings[WIRE_SLOTS];
	struct reader_process *by_index[WIRE_PROCESSES];
	ARRAY(struct { int32_t pid; uint32_t images; }) pids;
	const struct moments_rules *moments; /* of every image; NULL: none. To be set by the owner */
	uint64_t interval;       /* of sampling, likewise; 0: none */
	int32_t first_pid;       /* of the program that was started */
	bool first_seen;
	struct image_clock clock; /* when the reader began */
	uint64_t clock_ns, clock_next_ns; /* the same instant by CLOCK_MONOTONIC; when to look again */
	uint64_t tick_ns;        /* as ledger.h has it; 0: not known, or ticks are no times */
	uint8_t *input;          /* bytes of the pipe not parsed yet */
	size_t n_input;
	uint32_t slots_live;     /* of the pool, when the slots table was last looked through */
	bool scanned;            /* it has been */
	size_t wishes;           /* rings with one that is wanted */
	bool calm;               /* no ring has come up since, as far as this round's look goes */
};

void reader_init(struct reader *reader, struct pool *pool, int32_t first_pid);
void reader_release(struct reader *reader);

/* Reads all there is now. Returns how many words and messages that was. */
size_t reader_round(struct reader *reader);
/* Looks which processes have ended (by pidfd); for our own child the caller says so with reader_end. */
void reader_check_ends(struct reader *reader);
/* Forgets all blocks of PROCESS, and what is still to come of the time before TICK: a CLEAR from outside. */
void reader_forget(struct reader_process *process, uint64_t tick);
/* PID has ended: reads the rest of its rings; its images are then `ended`. */
void reader_end(struct reader *reader, int32_t pid);
/* Takes an ended process off the list (NULL: none); the caller hands it to reader_drop. */
struct reader_process *reader_take_ended(struct reader *reader);
/* The same for a certain one. */
void reader_take(struct reader *reader, struct reader_process *process);
void reader_drop(struct reader *reader, struct reader_process *process);

#endif
