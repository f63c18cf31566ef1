/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the pool and the pipe to images: finds processes and rings, joins messages, merges the rings of each process by
 * time up to a horizon, and notices ends.
 *
 * The horizon: the time is taken, then a barrier makes every earlier "odd head" visible, then the heads are read. A ring
 * whose head is even has published all its events up to that time; one whose head is odd is complete up to the last time
 * it was even, and up to its own last published event, since its ticks do not fall. Events up to the least of these are
 * final, in order, and are handed on. Idle threads hold back nobody; a thread that is always met inside an odd head
 * holds the others back to what it has published itself, so all get on as long as it does; one that stands still there
 * (stopped, or not given the processor) makes the others' events wait in our memory, and beyond 128 MiB of them they
 * are handed on without it: its one event will come late, which the repair by ticks is for.
 *
 * The floor: while a process has a single ring its order is the ring's, and the shim takes the time only for every 64th
 * short record; the others repeat it, and so can be too early. What was not yet published when the head was last seen even
 * was published after the time that was taken before that look, so an event's tick is the later of its own and that
 * time. This leaves all orders as they are, by three facts:
 * - One ring's ticks do not fall: its floors do not, and the maximum of two rising rows rises.
 * - Raised, an event stays before whatever depends on it: another thread learns of it by reading what was written after
 *   it was published, on x86 therefore after our look, and takes its own time (not stale: there are two rings) after
 *   that. This needs no barrier.
 * - Not raised, a stale tick is harmless: it stands for a time when there was no other ring, and what another thread
 *   does to the same block comes after it. An event that depends on another ring's is not stale, since the shim has set
 *   "several" before that ring's first event.
 * A word's floor belongs to the look before the one that found it; words that were found and not copied yet keep theirs.
 * With --transport pipe nothing is known of when a record was written but its tick, and with a clock of numbers no tick is
 * stale: the floor is 0 there.
 */
#ifndef RECORD_READER_H
#define RECORD_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "record/decode.h"
#include "record/image.h"
#include "record/pool.h"

struct ring {
	uint32_t slot;
	struct reader_process *process;
	struct decode_stream stream;
	struct image_ring image;
	struct event next;       /* decoded ahead, when have_next */
	bool have_next, fresh;   /* fresh: its head has not been read in this round */
	bool odd;                /* its head was, when last read */
	uint64_t position;       /* words copied out */
	uint64_t target;         /* head of this round */
	uint64_t safe;           /* everything up to this tick has been published */
	uint64_t even;           /* when the head was last seen even; 0: never, or floors do not hold here */
	uint64_t floor;          /* of the words from position to target */
	uint64_t heard_ns;       /* pipe transport: when its last chunk came */
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
	uint64_t now;            /* the time taken in this round, by the process's clock */
	uint64_t horizon;        /* events up to it have been handed on */
	size_t copied;           /* words, in this round */
	bool unbounded;          /* in this round no ring limits the horizon */
	uint64_t message_tick;   /* of the message being read: when it was sent */
	bool said_hello, ended;
	bool waited_for;         /* our own child: its end is told by reader_end, not by its pidfd */
};

struct reader {
	struct pool *pool;
	ARRAY(struct reader_process *) processes; /* those that live, or have ended and were not taken yet */
	struct ring *rings[WIRE_SLOTS];
	struct reader_process *by_index[WIRE_PROCESSES];
	ARRAY(struct { int32_t pid; uint32_t images; }) pids;
	int32_t first_pid;       /* of the program that was started */
	bool first_seen;
	uint8_t *input;          /* bytes of the pipe not parsed yet */
	size_t n_input;
	uint32_t claims;         /* slots ever claimed, when last looked */
	uint64_t claimed_ns;     /* when that had grown */
	uint64_t scanned_ns;     /* when the slots table was last looked through */
};

void reader_init(struct reader *reader, struct pool *pool, int32_t first_pid);
void reader_release(struct reader *reader);

/* Reads all there is now. Returns how many words and messages that was. */
size_t reader_round(struct reader *reader);
/* Looks which processes have ended (by pidfd); for our own child the caller says so with reader_end. */
void reader_check_ends(struct reader *reader);
/* PID has ended: reads the rest of its rings; its images are then `ended`. */
void reader_end(struct reader *reader, int32_t pid);
/* Takes an ended process off the list (NULL: none); the caller hands it to reader_drop. */
struct reader_process *reader_take_ended(struct reader *reader);
/* The same for a certain one. */
void reader_take(struct reader *reader, struct reader_process *process);
void reader_drop(struct reader *reader, struct reader_process *process);

#endif
