/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector: reads what the watched processes tell until the last has ended, and writes each image's snapshot. It is the process
 * that the user started; when the program ends before its descendants, a successor is forked that stays for them.
 */
#ifndef CMD_COLLECTOR_H
#define CMD_COLLECTOR_H

#include <stdbool.h>
#include "base/error.h"
#include "cmd/place.h"
#include "cmd/snapshot_at.h"
#include "record/answer.h"
#include "record/control.h"
#include "record/kin.h"
#include "record/reader.h"
#include "record/target.h"
#include "symbol/symbolizer.h"

struct collector;
struct collector_options {
	const char *pattern;     /* of file names */
	const char *program;     /* as the user named it */
	const char *first_file;  /* the first image's file, checked */
	const char *refusal;     /* why the program is not traced; NULL: it is */
	bool spliced;            /* its own malloc is watched */
	const char *unwatched;   /* what of it is not, as a sentence; or NULL */
	bool force, blocks;      /* blocks: keep the live ones in snapshots */
	bool leaks;              /* look for leaks when a program exits */
	uint64_t frames_limit;
	uint64_t sample;         /* bytes to a told block; 0: all are told */
	struct snapshot_at at;
	uint64_t checkpoint_s;   /* seconds between checkpoints; 0 none */
	struct symbolizer_options symbols; /* where names are looked for */
	/* Attached: what is to be done in PID, which lives, when it is to be watched no longer; and the memory that the first had before. */
	void (*leave)(struct collector *collector, pid_t pid);
	void (*ready)(struct collector *collector); /* called when others can ask; or NULL */
	uint64_t before;
};

struct collector_wish {          /* see wishes.h */
	pid_t pid;               /* of the child that writes the file */
	struct answer_wish wish;
};

struct collector_scan {          /* see leaks.h */
	struct reader_process *process;
	struct leak_scan *scan;  /* NULL: it has been looked through */
	uint32_t clears;         /* of its image, then */
};

struct collector {
	const struct collector_options *options;
	struct pool *pool;
	struct reader reader;
	struct target *target;
	struct reader_process *last; /* after the end: the program's last image; NULL: nobody spoke */
	char directory[4096], host[256];
	uint64_t started_ns, checked_ns, checkpoint_ns;
	uint64_t written;        /* images with a file so far */
	int door;                /* of record/door.h */
	struct control_server control;
	struct kin kin;
	ARRAY(pid_t) writers;    /* children that write snapshots */
	ARRAY(struct collector_wish) wishes; /* being written */
	ARRAY(struct collector_scan) scans;
	struct places places;    /* of the images that live, or are not named yet */
	uint64_t images_seen;    /* a sum over them: places were looked at for these */
	struct naming_ahead *ahead; /* of the program's own images; NULL: in a child, or done */
	char *other_file;        /* for the first image, where somebody else has taken the name of its file meanwhile; or NULL */
	bool first_exists;       /* a checkpoint of the first image has been written */
	pid_t checkpointer;      /* the child that writes it, or 0 */
	uint64_t rss;            /* of the program, last seen */
	ARRAY(struct { int64_t pid; char *file; uint64_t images; }) files;
	ARRAY(int) detaching;    /* sockets of those who wait for the end */
};

/* Opens the ways in, before the program is let go: one that becomes another user's comes by them at once. */
void collector_open(struct collector *collector, const struct pool *pool);
/* Reads until the target has ended. On return its last image is collector->last, the caller's to write; the earlier ones are
 * being written. */
void collector_run(struct collector *collector, struct pool *pool, struct target *target,
	const struct collector_options *options);

/* One round of reading and serving, which the caller goes on with while it waits for something. */
void collector_step(struct collector *collector);

/* After the target's end: if descendants still live, forks the successor that stays for them. True in the successor's parent
 * or when there is none; the successor never returns. */
void collector_hand_over(struct collector *collector);

/* Waits for what is being written. */
void collector_finish(struct collector *collector);

/* Takes what there is to be read now: how many words that were. */
size_t collector_read(struct collector *collector);

/* Settles the name of the first image's file: the next free one, if it has been taken. */
void collector_find_name(struct collector *collector);
/* The name that an image's file is to have, malloc'ed. */
char *collector_file(const struct collector *collector, const struct image *image);
/* The snapshot, named, of an ended (or present) image. */
struct snapshot *collector_snapshot(struct collector *collector, struct reader_process *process, bool ended);
/* Writes it; *file is the name it got, malloc'ed. */
int collector_write(struct collector *collector, struct reader_process *process, struct snapshot *snapshot, char **file,
	struct error *err);

#endif
