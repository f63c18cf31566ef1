/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One traced image of one process: from its hello to its end (exit, death, or the next exec). It takes events in the order
 * of time and keeps what a snapshot needs: nodes of stacks, modules, threads, live blocks, ranges, accounts.
 */
#ifndef RECORD_IMAGE_H
#define RECORD_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "memtrace/wire.h"
#include "model/snapshot.h"
#include "record/decode.h"
#include "record/event.h"
#include "record/ledger.h"
#include "record/live.h"
#include "record/moments.h"
#include "record/procfs.h"
#include "record/ranges.h"
#include "record/timeline.h"
#include "record/residency.h"
#include "record/unmaps.h"

struct image_node {
	uint64_t pc;
	uint32_t parent;
	uint32_t module;         /* index into modules, INDEX_NONE: found when a snapshot is made */
	uint32_t flags;          /* enum wire_node_flags, or NODE_SEEN alone */
};
enum { NODE_SEEN = 1u << 31 };

struct image_module {
	char *path;
	uint8_t build_id[64];
	uint32_t build_id_size, id;
	uint64_t start, end, bias, loaded_ns, unloaded_ns;
	bool unloaded;
};

struct image_thread {
	int32_t tid;
	char *name;
};

struct image_follow {
	int32_t pid;
	uint32_t image;
	char *program, *file, *why;
	bool settled; /* its exec was announced, or it had none */
};

struct image_leak {
	uint32_t trace, kind;    /* index into the ledger; enum leak_kind */
	struct sums sums;
};

struct image_move {
	struct live_block block;
	uint64_t lifetime_ns;    /* that it was told to have lived */
	bool valid;
};
enum { IMAGE_MOVES = 4 };

/* What one ring needs beside the image: who it is, and what an UNDO may ask back. */
struct image_ring {
	uint32_t thread;
	struct image_move moves[IMAGE_MOVES];
	uint32_t next_move;
	bool last_was_move;      /* the ring's last event: a realloc that has not come back */
	bool moving;             /* the last MOVE found its block: the last of `moves` */
	struct range_cuts cuts;  /* of the last UNMAP */
	uint32_t clears;         /* the image's, when those were written down */
	struct event ask;        /* of type EVENT_ASK: what the ring's thread waits for, see answer.h */
};

/* One instant, by both clocks. */
struct image_clock {
	uint64_t tick, real_ns;
};

struct image {
	int32_t pid, parent_pid;
	uint32_t number;         /* 0: the first image of this pid */
	bool forked, first;      /* first: the first image of the first process */
	struct procfs_home home; /* when it said hello */
	bool joined;             /* it ran before it was watched */
	char *executable;
	ARRAY(char *) command;
	uint64_t started_ns;
	ARRAY(struct image_node) nodes;
	ARRAY(struct image_module) modules;
	ARRAY(uint32_t) loaded;      /* modules that are not unloaded, the youngest last */
	struct map places;           /* start → the module that was loaded there last */
	ARRAY(struct image_thread) threads;
	struct map threads_by_tid;
	ARRAY(uint64_t) lasts;       /* by thread: address of the block that it allocated last, in DOMAIN_MALLOC */
	ARRAY(struct image_follow) follows;
	ARRAY(char *) problems;      /* sentences about what is not known */
	bool incomplete;             /* one of them is about data that were lost */
	ARRAY(char *) pending_execs; /* paths announced and not seen to say hello */
	struct map domain_names;     /* domain → index of names */
	ARRAY(char *) names;
	struct ledger ledger;
	uint64_t interval;           /* of sampling: the blocks of domain 0 stand for others, see estimate.h; 0: for themselves */
	struct live live;
	struct ranges ranges;
	struct unmaps unmaps;
	struct moments moments;      /* that were labelled */
	struct timeline timeline;
	struct image_clock clock;    /* where ledger.tick_ns says that ticks are times */
	struct map orphans;          /* (domain, addr) of frees before their allocation → tick */
	uint32_t clears;             /* CLEAR events so far */
	uint32_t asks;               /* rings that wait for an answer */
	uint64_t latest;             /* tick of the youngest event so far: what is older comes late */
	uint64_t events, unknown_frees;
	uint64_t owned;              /* address in it of the shim's list of its memory (wire_owned), last seen; 0: none */
	struct residency residency;  /* the last look at its memory */
	bool bad_stream;
	bool looked_for_leaks;       /* what was found is in … */
	ARRAY(struct image_leak) leaks;
};

struct image *image_new(int32_t pid);
void image_free(struct image *image);

void image_event(struct image *image, struct image_ring *ring, const struct event *event);
/* The same for STREAM's short records up to the time UNTIL, as far as nothing else stands between them and none is late. */
void image_words(struct image *image, struct image_ring *ring, struct decode_stream *stream, uint64_t until);
void image_node(struct image *image, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags);
uint32_t image_thread(struct image *image, int32_t tid);
void image_thread_name(struct image *image, int32_t tid, const char *name, size_t size);
/* DATA: struct wire_module and what follows it. */
void image_load(struct image *image, const void *data, size_t size, uint64_t realtime_ns);
void image_unload(struct image *image, uint32_t id, uint64_t realtime_ns);
void image_domain_name(struct image *image, uint32_t domain, const char *name, size_t size);
/* Whether moments_grown is to be called. */
static inline bool image_has_grown(const struct image *image)
{
	uint64_t live = image->ledger.allocated.size - image->ledger.freed.size;

	return live > image->moments.growth_last || image->ledger.peak.size > image->moments.growth_last;
}
/* A ring that ended in the middle of a realloc: the block was still there. */
void image_ring_end(struct image *image, struct image_ring *ring);
/* A sentence about what is incomplete; once each. */
void image_problem(struct image *image, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A sentence about what is not known because nobody wanted it. */
void image_note(struct image *image, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct image_state {             /* what the snapshot is to say about now */
	const char *moment;      /* "exit" or "now" */
	bool ended, blocks;      /* blocks: keep each live block */
	int exit_code, exit_signal;
	uint64_t rss, taken_ns, frames_limit, lost, cut_stacks, tracer_memory;
	const char *directory, *host, *version;
	struct residency memory; /* as residency_copy has it */
};

/* The snapshot with moments MOMENT, "peak" and those that were labelled; its locations have addresses and modules, and no names yet. */
struct snapshot *image_snapshot(struct image *image, const struct image_state *state);

#endif
