/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A snapshot: everything memtrace knows about one image of one process, with names. Before it there
 * is only recording, after it only reading. It is a bundle of tables that refer to each other by
 * index:
 *
 *   trace ──> stack ──> parent stack … ──> 0, the empty stack
 *     │         └─> location ──> frames[first .. first + n)   innermost inlined level first,
 *     │                 │                                     then the function itself
 *     │                 └─> module
 *     ├─> thread, domain, part
 *     └─> counts[moment × n_traces + trace]
 *
 *   block ──> trace                          where the recorder was told to keep them
 *   leak ──> trace                           where leaks were looked for
 *   life, of each trace; size class ──> trace; lifetimes; timeline
 *                                            where the recorder saw it: what became of blocks, and when
 *   sampling ──> moment, trace               where blocks were sampled
 *
 * Invariants (snapshot_check holds a file to them, so nobody else needs to): every index is inside
 * its table; a stack's parent is a lower index; each location's frames begin where those of the one
 * before it end; a location's last frame is not inlined; the first
 * moment is always there; blocks are sorted by address, leaks by trace and kind, each pair once; size classes add up to their trace; names are interned in `strings`; no sum is over SNAPSHOT_SIZE_MAX.
 * A stack's walk from the leaf gives the most recent frame first. live = allocated − freed is never
 * stored twice: a moment's counts are the live blocks at that moment.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/strings.h"

#define INDEX_NONE UINT32_MAX
#define SNAPSHOT_UNKNOWN "<unknown>"
#define SNAPSHOT_JIT "<jit>" /* the module that stands for code which the program made at run time, and is named by its map for
			      * perf: no file, its addresses are those of the run */
#define SNAPSHOT_SIZE_MAX INT64_MAX /* a sum over it is an error, never a wrap */

enum domain_id { DOMAIN_MALLOC = 0, DOMAIN_MMAP = 1, DOMAIN_BRK = 2, DOMAIN_FIRST_OWN = 100 };

/* Live blocks: the bytes asked for, and how many. */
struct counts {
	uint64_t size, count;
};

enum frame_flags {
	FRAME_INLINED = 1, /* this level was inlined into the next one of the same location */
	FRAME_NO_LINE = 2, /* nobody knows the line: filename is the module's path, lineno 0; by
			    * lineno it is grouped by module and function (SPEC, Frames without a
			    * line). Never set on an imported [file, 0] */
};

struct frame {
	string_id filename; /* SNAPSHOT_UNKNOWN where there is no module either */
	uint32_t lineno;    /* 0: none */
	string_id function; /* demangled; 0 (""): unknown, null in JSON */
	uint32_t flags;	    /* enum frame_flags */
};

/* One return address, named. */
struct location {
	uint64_t address; /* return address as ELF address of its module; without a module the
			     run-time address; 0 unknown (imported) */
	uint32_t module;  /* index, or INDEX_NONE */
	uint32_t first_frame, n_frames; /* n_frames >= 1 */
	bool has_address;		/* false: imported without one */
};

struct stack {
	uint32_t parent; /* index of the caller's stack; 0 ends */
	uint32_t location;
};

struct trace {
	uint32_t stack;	       /* leaf; 0: an empty stack */
	uint32_t total_nframe; /* true depth in frames as listed (inlined levels count), >= the
				  frames kept */
	uint32_t domain;       /* index into domains */
	uint32_t thread;       /* index into threads, or INDEX_NONE */
	uint32_t part;	       /* index into run.parts + 1; 0: not merged, or nobody knows */
	uint64_t total_size, total_count; /* all ever allocated with this trace */
};

struct moment {
	string_id name;	    /* "exit", "peak", "now", or a label */
	uint64_t time_ns;   /* CLOCK_REALTIME; 0 unknown */
	uint64_t rss;	    /* bytes; 0 unknown */
	struct counts live; /* the sum of its counts */
};

struct thread {
	int64_t tid;
	string_id name; /* "" unknown */
};

struct domain {
	uint32_t id;	/* enum domain_id or the program's own, >= 100 */
	string_id name; /* "malloc", "mmap", "brk", or the program's */
};

enum module_names { /* where a module's names came from */
	MODULE_NAMES_NONE,
	MODULE_NAMES_SYMTAB,
	MODULE_NAMES_DWARF,
};

struct module {
	string_id path;			 /* or SNAPSHOT_JIT */
	string_id build_id;		 /* raw bytes; "" none */
	uint64_t start, end;		 /* mapped at run time */
	uint64_t bias;			 /* load bias */
	uint64_t loaded_ns, unloaded_ns; /* CLOCK_REALTIME; 0 for at the start, or never */
	uint32_t names;			 /* enum module_names */
	string_id names_from; /* the file that the names were read from; "" the module itself or
				 none */
	string_id why; /* why there are no names or no lines, as a sentence; "" when there are */
};

/* What became of a process that this one started, or of its next image. */
struct follow {
	int64_t pid;
	uint32_t image;	   /* 0 the first image of that pid that was seen */
	string_id program; /* path or command */
	string_id file;	   /* its snapshot's file name; "" none */
	string_id why;	   /* why it is not traced; "" it is */
};

/* One of the snapshots that a merged one was made of. */
struct part {
	string_id file, command; /* its arguments with spaces between them */
	int64_t pid;
	uint32_t image;
	bool complete;
	uint64_t started_ns; /* 0 unknown */
	uint64_t taken_ns;
	struct counts live;		/* at its default moment */
	uint64_t peak_size, peak_count; /* as in struct run */
};

/* A live block of the default moment. Of a mapping from which a part was taken out each piece is
 * one. */
struct block {
	uint64_t address, size;
	uint32_t trace;
};

/* What became of a block when leaks were looked for, in the meaning of valgrind's memcheck. */
enum leak_kind {
	LEAK_DEFINITE,	/* no pointer to it is left */
	LEAK_INDIRECT,	/* only from blocks that are lost */
	LEAK_POSSIBLE,	/* only by pointers into its middle, or from blocks that are so */
	LEAK_REACHABLE, /* still reachable */
	LEAK_KINDS,
};

/* Of a trace's blocks those that are of one kind. */
struct leak {
	uint32_t trace;
	uint32_t kind; /* enum leak_kind */
	struct counts counts;
};

/* What became of a trace's blocks. A block that a realloc makes of another is one of the realloc's trace. */
struct life {
	struct counts temporary; /* freed before their thread's next allocation; a block that a realloc takes lives on, and is none */
	struct counts moved;	 /* made by a realloc that put them elsewhere: the bytes that had to be carried over, and how many */
	uint64_t grown;		 /* made by a realloc of a smaller block */
	uint64_t timed;		 /* blocks that have gone, and of which it is known when they came and went; of others it is not */
	uint64_t lifetime_ns;	 /* of those, on average, rounded down: of all together it could be more than 2^63 */
};

/* Of a trace's blocks those between two powers of two: above 2^(k-1), up to 2^k. The bounds are those of the blocks that there
 * were. */
struct size_class {
	uint32_t trace;
	uint64_t min, max;	   /* of one class, see size_class_of */
	struct counts total, live; /* all ever allocated; live at the default moment (of a mapping what is left of it) */
};

/* How many blocks lived for how long: LIFETIME_CLASSES of them at most, of all traces. */
struct lifetime {
	uint32_t class;	      /* 0: less than 1 ns; k: from 2^(k-1) ns on, less than 2^k */
	struct counts counts; /* that have gone */
};
enum { LIFETIME_CLASSES = 64, SIZE_CLASSES = 65, TIMELINE_MAX = 1024 /* points that memtrace itself makes */ };

/* The heap and the process's resident memory at one time. */
struct point {
	uint64_t time_ns;   /* CLOCK_REALTIME */
	struct counts live; /* then */
	uint64_t high;	    /* the highest live size since the point before, and now: not below live.size */
	uint64_t rss;	    /* the most that was seen since the point before, bytes; 0 unknown */
};

/* What the process's resident memory consisted of at a moment. */
enum memory_kind {
	MEMORY_RESIDENT,  /* all of it: the sum of those up to MEMORY_PARTS_END */
	MEMORY_ALLOCATOR, /* the heap, and other memory without a file that the program did not map itself */
	MEMORY_MAPPED,	  /* memory without a file that the program mapped: domain mmap */
	MEMORY_FILES,	  /* pages of files as they are there: code, constants, mapped files */
	MEMORY_DATA,	  /* the program's own copies of pages of files, and .bss of executable and libraries */
	MEMORY_SHARED,	  /* shared with other processes, without a file of a name */
	MEMORY_STACKS,
	MEMORY_MEMTRACE,
	MEMORY_OTHER,	  /* unexplained */
	MEMORY_PARTS_END,
	MEMORY_REQUESTED = MEMORY_PARTS_END, /* live bytes of the domain malloc then */
	MEMORY_USABLE,	  /* of the allocator's, what it has given for these; not there where its rule is not known */
	MEMORY_AGE_NS,	  /* ns before the moment that it was looked at */
	MEMORY_KINDS,
};

struct memory_part {
	uint32_t moment;
	uint32_t kind; /* enum memory_kind */
	uint64_t size;
};

/* Where only some blocks were recorded, sizes and counts are estimates; how far one may be off: its standard error, in 256ths
 * of a byte and of a block. */
struct uncertainty {
	uint32_t moment;      /* INDEX_NONE: of the totals, of all that was ever allocated */
	uint32_t trace;	      /* INDEX_NONE: of the run's totals, always there */
	uint64_t size, count;
	uint64_t interval;    /* one block in so many bytes was recorded, the same in all */
};
#define UNCERTAINTY_UNIT 256.0
#define UNCERTAINTY_MAX (1ull << 62)

/* What adds up of it. */
struct variance {
	double size, count;
};

struct run {
	ARRAY(string_id) command;			/* argv */
	string_id executable, directory, host;
	string_id version; /* of the memtrace that recorded */
	int64_t pid, parent_pid;
	uint32_t image;		       /* 0: the first image of this pid; grows with each exec */
	uint64_t started_ns, taken_ns; /* CLOCK_REALTIME */
	uint64_t frames_limit;
	int32_t exit_code;		/* of exit; -1 unknown or killed */
	int32_t exit_signal;		/* that killed it; 0 none */
	bool ended;			/* false: taken while it ran */
	bool complete;			/* nothing was lost */
	ARRAY(string_id) problems;	/* one sentence each; empty when complete */
	uint64_t peak_size, peak_count; /* the highest live size ever, and the live count then */
	uint64_t total_size, total_count;
	uint64_t events, events_lost, unknown_frees, cut_stacks;
	uint64_t tracer_memory; /* bytes added to the program */
	ARRAY(struct follow) follows;
	ARRAY(struct part) parts; /* empty: it was not merged */
};

struct snapshot {
	struct strings *strings;
	struct run run;
	ARRAY(struct moment) moments;
	ARRAY(struct thread) threads;
	ARRAY(struct domain) domains;
	ARRAY(struct module) modules;
	ARRAY(struct frame) frames;
	ARRAY(struct location) locations;
	ARRAY(struct stack)
	stacks; /* stacks.items[0] is the empty stack: parent 0, location INDEX_NONE */
	ARRAY(struct trace) traces;
	bool keeps_blocks;	    /* false: nobody kept them, and there are none here */
	ARRAY(struct block) blocks; /* by address; the same address in several domains is several */
	bool keeps_leaks;	    /* false: nobody looked for them, and there are none here */
	ARRAY(struct leak) leaks;   /* by trace and kind; of the moment when they were looked for, which need
				     * not be one of `moments` */
	bool keeps_lives;	    /* false: nobody saw what became of blocks, and there are no lives and lifetimes here */
	ARRAY(struct life) lives;   /* one of each trace, where they are kept */
	ARRAY(struct lifetime) lifetimes; /* by class; none where no lifetime is known */
	bool keeps_sizes;	    /* false: nobody looked at single sizes, and there are no classes here */
	ARRAY(struct size_class) sizes; /* by trace and size, each class once */
	ARRAY(struct point) timeline;   /* by time; few, however long it ran; none where nobody kept it */
	ARRAY(struct memory_part) memory; /* by moment and kind, each pair once; of moments at which it was looked at */
	ARRAY(struct uncertainty) sampling; /* by moment and trace, INDEX_NONE first; empty: all numbers are exact */
	struct counts *counts; /* moments.count × traces.count, moment-major; snapshot_alloc_counts
				  makes it */
};

/* An empty snapshot: strings, the empty stack and the three named domains 0 malloc, 1 mmap, 2 brk,
 * no moment. */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot); /* NULL is nothing */

/* Adds a domain by its id, or finds it; returns its index. NAME may be NULL: a new one is then
 * called "domain ID", an old one keeps its name. */
uint32_t snapshot_domain(struct snapshot *snapshot, uint32_t id, const char *name);
/* Makes the zeroed counts, when moments and traces are complete. */
void snapshot_alloc_counts(struct snapshot *snapshot);
/* Sets each moment's `live` to the sum of its counts; an error when one is over SNAPSHOT_SIZE_MAX.
 */
int snapshot_sum(struct snapshot *snapshot, struct error *err);
/* One moment's sum, into *LIVE. */
int snapshot_sum_moment(
	const struct snapshot *snapshot, size_t moment, struct counts *live, struct error *err);
static inline struct counts *snapshot_counts(
	const struct snapshot *snapshot, size_t moment, size_t trace)
{
	return &snapshot->counts[moment * snapshot->traces.count + trace];
}
/* Brings the blocks into their order. */
void snapshot_sort_blocks(struct snapshot *snapshot);
/* Adds COUNTS to the leaks of TRACE that are of KIND; snapshot_sort_leaks when all have been added. */
void snapshot_add_leak(struct snapshot *snapshot, uint32_t trace, enum leak_kind kind, struct counts counts);
/* Brings them into their order, and those of one trace and kind together. */
void snapshot_sort_leaks(struct snapshot *snapshot);
/* The leaks of TRACE that are of KIND. */
struct counts snapshot_leak(const struct snapshot *snapshot, uint32_t trace, enum leak_kind kind);
/* How much of KIND was resident at MOMENT; false: it is not known. */
bool snapshot_memory(const struct snapshot *snapshot, size_t moment, enum memory_kind kind, uint64_t *size);
/* snapshot_sort_memory when all have been added, each kind of a moment once. */
void snapshot_add_memory(struct snapshot *snapshot, size_t moment, enum memory_kind kind, uint64_t size);
void snapshot_sort_memory(struct snapshot *snapshot);
const char *memory_kind_name(enum memory_kind kind);
/* The part of snapshot_check that holds these to their invariants. */
int snapshot_check_memory(const struct snapshot *snapshot, struct error *err);
/* Adds to what is known of errors; snapshot_sort_sampling when all has been added, which joins those of one moment and trace. */
void snapshot_add_uncertainty(struct snapshot *snapshot, struct uncertainty one);
void snapshot_sort_sampling(struct snapshot *snapshot);
/* One block in how many bytes was recorded; 0: every block was. */
static inline uint64_t snapshot_interval(const struct snapshot *snapshot)
{
	return snapshot->sampling.count ? snapshot->sampling.items[0].interval : 0;
}
/* Of TRACE at MOMENT, each may be INDEX_NONE as above. 0 where it is exact. */
struct variance snapshot_variance(const struct snapshot *snapshot, size_t moment, size_t trace);
/* Of the sum of all traces at MOMENT. */
struct variance snapshot_moment_variance(const struct snapshot *snapshot, size_t moment);
static inline void variance_add(struct variance *sum, struct variance one, double times)
{
	sum->size += times * one.size;
	sum->count += times * one.count;
}
/* The half width of the interval that has the truth in it in 95 of 100 cases, rounded up. */
int64_t variance_error(double variance);
/* A part of snapshot_check. */
int snapshot_check_sampling(const struct snapshot *snapshot, struct error *err);
/* "definite", "indirect", "possible", "reachable". */
const char *leak_kind_name(enum leak_kind kind);
/* The class of a size: 0 of none, k + 1 of those above 2^(k-1), up to 2^k. */
static inline uint32_t size_class_of(uint64_t size)
{
	return size > 1 ? 65 - (uint32_t)__builtin_clzll(size - 1) : (uint32_t)size;
}
/* The largest size of a class. */
static inline uint64_t size_class_max(uint32_t class)
{
	return class ? 1ull << (class - 1) : 0;
}
/* The class of a lifetime. */
static inline uint32_t lifetime_class_of(uint64_t ns)
{
	return ns ? 64 - (uint32_t)__builtin_clzll(ns) : 0;
}
/* Where each trace's life is wanted, and nothing has become of its blocks yet: when traces are complete. */
void snapshot_alloc_lives(struct snapshot *snapshot);
/* Adds LIFE; a sum that is too large stays UINT64_MAX, for the check to see. */
void life_add(struct life *into, const struct life *life);
/* Brings classes and lifetimes into their order, and equal ones together. */
void snapshot_sort_sizes(struct snapshot *snapshot);
void snapshot_sort_lifetimes(struct snapshot *snapshot);
/* TRACE's classes: the first in sizes, and *N of them. */
const struct size_class *snapshot_sizes_of(const struct snapshot *snapshot, uint32_t trace, size_t *n);
/* The moment NAME's index; NULL: "now" if it is there, else "exit", else the first. -1 with an
 * error naming those there are. */
int snapshot_moment(const struct snapshot *snapshot, const char *name, struct error *err);
/* The default one, as for NULL; NULL where there is none at all. */
const struct moment *snapshot_default_moment(const struct snapshot *snapshot);
/* An imported snapshot need not know its peak. */
bool snapshot_knows_peak(const struct snapshot *snapshot);
/* Between which bytes the highest sum of its processes ever was, of a merged snapshot; false where it is none, or not all of its
 * peaks are known. */
bool snapshot_joint_peak(const struct snapshot *snapshot, uint64_t *least, uint64_t *most);
/* Holds every table to the invariants above; the error says which table and index. */
int snapshot_check(const struct snapshot *snapshot, struct error *err);
/* A part of it: lives, lifetimes, size classes and timeline, when everything else is sound. */
int snapshot_check_lives(const struct snapshot *snapshot, struct error *err);

/*
 * Files. The format is include/memtrace/format.h and memtrace-snapshot(5).
 */
struct buffer;
void snapshot_encode(const struct snapshot *snapshot, struct buffer *buffer);
/* NULL and an error for anything that is not a whole, sound snapshot of our version; never reads
 * outside, in time and memory bounded by a small multiple of SIZE whatever the bytes claim. */
struct snapshot *snapshot_decode(const void *data, size_t size, struct error *err);
/* The same from a file; the error is prefixed with PATH. */
struct snapshot *snapshot_read(const char *path, struct error *err);

#endif
