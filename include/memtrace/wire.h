/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes between the shim (in the watched program) and the reader (in the collector).
 *
 * The collector makes one pool, a sparse memfd, and one pipe before the program starts. A traced process maps the
 * pool's head (struct wire_pool, the processes, the slots) and, for each thread, the ring of one slot; after that it
 * needs no descriptor. The pipe carries whole messages (struct wire_message), each in one write of at most
 * WIRE_MESSAGE_MAX bytes (PIPE_BUF, so that writes of several processes never mix).
 *
 *   pool:  | wire_pool, 4096 B | wire_process × WIRE_PROCESSES | wire_slot × WIRE_SLOTS | ring × WIRE_SLOTS, 1 MiB each |
 *   pipe:  | message | message | message …
 *   ring:  | record | record | … in 8-byte words, at (position mod capacity); positions only grow
 *
 * Order. Messages in the pipe that a ring's record relies on were written before that record was published: a reader
 * that first reads all heads, then drains the pipe, then reads the rings up to those heads has everything in order. Where
 * records of one ring rely on another's (a free on its allocation), those were published before: so all that a record that
 * one look at the heads found relies on is found by the next look.
 * The same messages may stand in a ring (WIRE_MESSAGE records), where the pipe cannot be reached (chroot, no descriptor
 * free, seccomp), and then take their place there. With --transport pipe the records themselves travel in
 * WIRE_MSG_CHUNK messages; everything else is the same.
 *
 * Time. A tick is tsc >> WIRE_TICK_SHIFT, taken so that it is exact across threads (free: before the real free; an
 * allocation: after the real one); a process whose wire_process.clock is WIRE_CLOCK_SEQUENCE takes numbers from
 * wire_process.sequence instead. Ticks of one ring never fall.
 *
 * Turns. While a ring has the turn of its process it takes a tick only for every WIRE_TICK_EVERY-th short record, and the
 * others say that no time has passed. Whoever has not takes the turn first, then a tick; in everybody's turn every record has
 * its tick. So an event that led to another (an allocation to the free of its block, a free to the next allocation of that
 * address) has the lesser tick, and was published before it. The collector may end a turn at any time, by setting its
 * lowest bit, and does so now and then, that no tick is long out of date.
 *
 * Both sides are of one build: WIRE_VERSION differing means that the shim goes silent. The reader trusts nothing that
 * stands in the pool or the pipe: the watched program can scribble over both.
 */
#ifndef MEMTRACE_WIRE_H
#define MEMTRACE_WIRE_H

#include <stdatomic.h>
#include <stdint.h>

#define WIRE_VERSION 9
#define WIRE_MAGIC 0x657261727454656dull

/* The environment of the watched program: "VERSION:COLLECTOR_PID:POOL_FD:POOL_INODE:PIPE_FD:PIPE_INODE:KEY", decimal, KEY 16 hex
 * digits, the same as wire_pool.key. The shim tries those descriptors in itself first (fstat: inode equal; then it
 * closes them), then /proc/COLLECTOR_PID/fd/N, then the abstract unix socket "\0memtrace." KEY, which answers a
 * connection with one byte and both descriptors by SCM_RIGHTS. None of them: the process runs untraced, silently. */
#define WIRE_ENVIRONMENT "MEMTRACE_CHANNEL"

enum {
	WIRE_TICK_SHIFT = 4,
	WIRE_TICK_EVERY = 64,             /* short records to a tick, for a ring that has the turn */
	WIRE_PROCESSES = 4096,
	WIRE_SLOTS = 16384,
	WIRE_RING_MAX = 1 << 20,          /* bytes: the distance of two rings in the pool */
	WIRE_RING_MIN = 1 << 16,          /* bytes a ring starts with */
	WIRE_MESSAGE_MAX = 4096,
	WIRE_ANSWER_VALUES = 12,
	WIRE_FRAMES_MAX = 65535,
	WIRE_DOMAIN_OWN = 100,            /* the first that a program may name its own */
};

enum wire_clock { WIRE_CLOCK_TSC, WIRE_CLOCK_SEQUENCE };
enum wire_transport { WIRE_TRANSPORT_RING, WIRE_TRANSPORT_PIPE };
enum wire_follow { WIRE_FOLLOW_FORK = 1, WIRE_FOLLOW_EXEC = 2 }; /* bits */

/* Offset 0 of the pool. Written by the collector before the program starts, but for what says otherwise. */
struct wire_pool {
	uint64_t magic;
	uint32_t version, transport;      /* enum wire_transport */
	uint64_t key;
	uint32_t frames_limit;            /* --frames: frames kept of a stack, 1..65535 */
	uint32_t follow;                  /* enum wire_follow */
	uint32_t paused;                  /* 1: processes begin stopped, until memtrace_start */
	uint32_t wait_ms;                 /* how long a program waits for a collector without progress: 10000 */
	int32_t collector_pid;
	uint32_t leaks;                   /* 1: who exits asks WIRE_ASK_LEAKS first */
	/* --sample: bytes from one told point to the next, on average; 0: every block is told. And what chance begins with. */
	uint64_t sample, sample_seed;
	uint64_t ring_budget;             /* bytes that all rings together may have beyond WIRE_RING_MIN each */
	/* Where in the first image a struct splice waits to be taken up by the library in it (memtrace/splice.h), or 0; the library sets 0. */
	_Atomic uint64_t splice;
	/* Shared state. */
	_Atomic uint64_t ring_used __attribute__((aligned(64)));      /* bytes granted beyond WIRE_RING_MIN; shim adds, collector subtracts when a slot is freed */
	_Atomic uint32_t next_process, next_slot;                       /* hints where to look for a free one */
	_Atomic uint32_t slots_live;                                    /* grows each time that a slot has become live */
	/* The futex of a robust mutex held by the collector as long as it lives: the kernel sets FUTEX_OWNER_DIED
	 * (0x40000000) in it when the collector dies. Read only. (A pthread_mutex_t, its futex word first.) */
	_Atomic uint32_t collector_alive __attribute__((aligned(64)));
	uint8_t collector_mutex_rest[60];
	/* 1 while the collector sleeps on it: a producer with a quarter of a ring to read sets 0 and does FUTEX_WAKE
	 * (shared, not private). The collector also wakes up by itself. */
	_Atomic uint32_t sleeping __attribute__((aligned(64)));
	/* Grows whenever the collector has got anywhere: a program that waits gives up when it stands still for
	 * wait_ms of the program's own sleep, once, and is then marked WIRE_PROCESS_GAVE_UP. */
	_Atomic uint64_t progress __attribute__((aligned(64)));
};

/* A traced image of a process: a new entry after each exec and in each forked child. */
enum wire_process_state {
	WIRE_PROCESS_FREE,                /* anyone may claim it, by compare and swap to … */
	WIRE_PROCESS_CLAIMED,             /* … this, and fills it in */
	WIRE_PROCESS_LIVE,                /* the hello has been sent */
	WIRE_PROCESS_ENDED,               /* the collector alone sets this, and FREE after it */
};

enum wire_process_flags {
	WIRE_FLAG_EXITED = 1,             /* the destructors ran: a normal exit */
	WIRE_FLAG_GAVE_UP = 2,            /* the collector stood still or died; nothing is recorded since */
	WIRE_FLAG_STOPPED = 4,            /* tracing is switched off (set by the collector or the API) */
	WIRE_FLAG_LEFT = 16,              /* memtrace_leave was called: nothing more comes, though the process lives */
	WIRE_FLAG_NOT_OURS = 8,           /* the image's malloc is not the shim's: its own, or a sanitizer's */
};

struct wire_process {
	_Atomic uint32_t state;           /* enum wire_process_state */
	_Atomic uint32_t flags;           /* enum wire_process_flags */
	_Atomic int32_t pid, parent_pid;  /* of getpid, getppid: see pid_namespace */
	uint32_t clock;                   /* enum wire_clock */
	_Atomic uint32_t exec_pending;    /* 1 from just before an exec until it failed */
	uint64_t start_tick;
	uint64_t tracer_memory;           /* bytes the shim has mapped privately in this process */
	_Atomic uint64_t lost_events;     /* dropped: out of memory, no slot, waited too long */
	_Atomic uint64_t cut_stacks;      /* walks that stopped at bad unwind information, not at the limit */
	_Atomic uint32_t generation;      /* grows with each claim: names this image beside its index */
	_Atomic uint32_t frames_limit;    /* of its stacks: the pool's, or what memtrace_start said */
	_Atomic uint64_t pid_namespace;   /* inode of the one that pid and parent_pid are of; 0: not known */
	_Atomic uint64_t owned;           /* address in the process of a struct wire_owned */
	uint8_t pad[40];
	_Atomic uint64_t sequence __attribute__((aligned(64)));
	uint8_t pad2[56];
	/* Which ring has the turn, a number of its own each time that one takes it, or WIRE_TURN_OF_ALL; see "Turns". */
	_Atomic uint64_t turn;
	uint8_t pad3[56];
};

/* Memory in the process that is the shim's, and not the program's: a list of chunks in the process's own memory. To be read while the
 * process stands still. An item without a size is none. */
struct wire_owned {
	_Atomic uint64_t next;            /* address of the next chunk; 0: there is none */
	uint64_t capacity;                /* items that this one has */
	_Atomic uint64_t used;            /* that may be in use */
	struct wire_owned_item {
		_Atomic uint64_t start, size;
	} items[];
};

enum wire_slot_state { WIRE_SLOT_FREE, WIRE_SLOT_CLAIMED, WIRE_SLOT_LIVE };

/* One ring with one producer: a thread (or the second level of a thread, for signals that interrupt the shim).
 * The producer writes a record, then publishes it: `head` is the position behind it, stored with release. Positions count words since the slot was claimed. The capacity changes only while the ring is
 * empty, before the head is published. */
struct wire_slot {
	_Atomic uint32_t state;           /* enum wire_slot_state; FREE → CLAIMED by the shim, back to FREE by the collector */
	_Atomic uint32_t process;         /* index of its wire_process */
	_Atomic uint32_t process_generation;
	_Atomic uint32_t capacity;        /* bytes, a power of two from WIRE_RING_MIN to WIRE_RING_MAX */
	_Atomic int32_t tid;              /* gettid of the present producer, for people */
	uint8_t pad[36];
	/* --transport pipe: words that the producer has buffered and not sent; what is in it at the end is lost. */
	_Atomic uint64_t unsent;
	_Atomic uint64_t head __attribute__((aligned(64)));
	uint8_t pad2[56];
	_Atomic uint64_t tail __attribute__((aligned(64)));  /* the collector's: words up to here may be overwritten */
	/* The answer to the producer's last WIRE_ASK, the collector's: first `answer`, then the number of the request. */
	_Atomic uint64_t answered;
	struct wire_answer {
		int32_t status;           /* 0, or an errno value below 0 */
		uint32_t count;           /* values that there are */
		uint64_t values[WIRE_ANSWER_VALUES];
	} answer;
};

#define WIRE_TURN_OF_ALL UINT64_MAX
#define WIRE_TURN_STEP 2              /* turns are multiples of it */

#define WIRE_PROCESSES_AT 4096ull
#define WIRE_SLOTS_AT (WIRE_PROCESSES_AT + WIRE_PROCESSES * sizeof(struct wire_process))
#define WIRE_RINGS_AT ((WIRE_SLOTS_AT + WIRE_SLOTS * sizeof(struct wire_slot) + WIRE_RING_MAX - 1) & ~(WIRE_RING_MAX - 1ull))
#define WIRE_POOL_SIZE (WIRE_RINGS_AT + (uint64_t)WIRE_SLOTS * WIRE_RING_MAX)

_Static_assert(sizeof(struct wire_pool) <= WIRE_PROCESSES_AT, "the pool's head is one page");
_Static_assert(sizeof(struct wire_process) == 256 && sizeof(struct wire_slot) == 256, "tables of 256-byte entries");

/*
 * Records. The two low bits of the first word are the type.
 *
 *   ALLOC  | delta:18 | addr >> 3 : 44 | 0 |   | trace:32 | size:32 |      16 bytes, domain 0, addr a multiple of 8 below 2^47
 *   FREE   | delta:18 | addr >> 3 : 44 | 1 |                                8 bytes
 *   MOVE   | delta:18 | addr >> 3 : 44 | 3 |                                8 bytes: realloc begins; a FREE that UNDO can take back
 *   other  | argument:48 | words:8 | kind:6 | 2 |   then words − 1 more words
 *
 * delta: ticks since this ring's last tick; a longer pause is preceded by a WIRE_TIME record. Records of the other
 * kinds that are events carry their absolute tick and set the ring's last tick.
 * trace: an id given by WIRE_NODE, 0: no frame at all.
 */
enum wire_type { WIRE_ALLOC, WIRE_FREE, WIRE_OTHER, WIRE_MOVE };

enum wire_kind {
	WIRE_TIME = 1,      /* w1 tick */
	WIRE_NODE,          /* argument: enum wire_node_flags; w1 id:32 (high) parent:32 (low), w2 return address (a pc from a signal context + 1).
	                     * Ids are dense from 1 in one process image, 0 is the root; nodes may come in any order, and one
	                     * (parent, pc) may get two ids. */
	WIRE_ALLOC_ANY,     /* argument: domain; w1 tick, w2 addr, w3 size, w4 trace: any size, address, domain */
	WIRE_FREE_ANY,      /* argument: domain; w1 tick, w2 addr */
	WIRE_MOVE_ANY,      /* argument: domain; w1 tick, w2 addr */
	WIRE_UNDO,          /* argument: domain; w1 tick, w2 addr: this ring's last MOVE, MOVE_ANY or UNMAP of that address did not happen after all */
	WIRE_MAP,           /* argument: domain; w1 tick, w2 addr, w3 length, w4 trace: a range; covers and so trims what was there */
	WIRE_UNMAP,         /* argument: domain; w1 tick, w2 addr, w3 length: trims or splits the ranges inside; sent before the real call */
	WIRE_MESSAGE,       /* argument: size in bytes; then the struct wire_message, padded to words (at most 254) */
	WIRE_THREAD,        /* argument: 0; w1 tick, w2 tid: from here on this ring's events are that thread's */
	WIRE_CLEAR,         /* w1 tick: forget all blocks and traces' counts of this process (API clear_traces) */
	WIRE_RESET_PEAK,    /* w1 tick: the peak is what is live now (API reset_peak) */
	WIRE_ASK,           /* argument: enum wire_question; w1 tick, w2 number of the request, w3, w4 what the question says */
};

/*
 * Questions. A producer has one at a time: their numbers begin with 1 when its slot is claimed, and it writes nothing until
 * wire_slot.answered is the number of its question, or gives up. What is asked for is the state with all that this ring
 * has told before, and whatever others have told meanwhile. The producer rings the bell, then looks with growing pauses
 * (20 us to 1 ms); the collector's progress counts as in a full ring, and it moves while a question is being answered.
 * A question that nobody has taken up within wait_ms is given up (-ETIMEDOUT).
 */
enum wire_question {
	WIRE_ASK_TRACED = 1, /* values: live bytes, highest live bytes */
	WIRE_ASK_BLOCK,      /* w3 address: of a block's beginning, or in a mapping; values as of WIRE_ASK_STACK; -ENOENT: there is none */
	WIRE_ASK_SNAPSHOT,   /* what a WIRE_MSG_SNAPSHOT has said before; no values */
	WIRE_ASK_STACK,      /* w3 trace, w4 frames to skip; values: trace, frames that it has, the next frames, most recent first */
	WIRE_ASK_LEAKS,      /* to be looked at now, before the exit; w3 where the program's part of the stack begins; no values */
};
#define WIRE_ANSWER_TAKEN (1ull << 63) /* with the request's number in `answered`: it has been taken up, and takes a while */

enum wire_node_flags {
	WIRE_NODE_CUT = 1,  /* not a frame: the stack of `parent` was cut at the limit, w2 is its true depth in frames */
};

#define WIRE_ADDR_MAX (1ull << 47)
#define WIRE_DELTA_MAX (1ull << 18)   /* deltas are below */

static inline uint64_t wire_word(enum wire_type type, uint64_t addr, uint64_t delta)
{
	return delta << 46 | (addr >> 3) << 2 | type;
}
static inline uint64_t wire_word_addr(uint64_t word)
{
	return (word >> 2 & ((1ull << 44) - 1)) << 3;
}
static inline uint64_t wire_other(enum wire_kind kind, unsigned int words, uint64_t argument)
{
	return argument << 16 | (uint64_t)words << 8 | (uint64_t)kind << 2 | WIRE_OTHER;
}

/*
 * Messages: whole, at most WIRE_MESSAGE_MAX bytes with their head; what is longer (a command line) is cut into PART
 * messages of the same kind, all but the last with `more` set, and joined by the reader.
 */
enum wire_message_kind {
	WIRE_MSG_HELLO = 1, /* struct wire_hello, then argc × (bytes, NUL) cut at 64 KiB */
	WIRE_MSG_MODULE,    /* struct wire_module, then build-id, then path */
	WIRE_MSG_UNLOAD,    /* struct wire_unload */
	WIRE_MSG_EXEC = 5,      /* path as given, no NUL: the process is about to exec or spawn it */
	WIRE_MSG_CHUNK = 7,     /* --transport pipe: u32 slot (the producer's number), u32 0, then records */
	WIRE_MSG_THREAD_NAME, /* i32 tid, then bytes */
	WIRE_MSG_DOMAIN_NAME, /* u32 domain, then bytes */
	WIRE_MSG_UNTRACED,  /* bytes: a sentence why this process is not traced */
	WIRE_MSG_SNAPSHOT,  /* struct wire_snapshot, path, label: what a WIRE_ASK_SNAPSHOT that follows asks for */
};

struct wire_message {
	uint32_t magic;           /* WIRE_MESSAGE_MAGIC */
	uint16_t size;            /* bytes with this head */
	uint8_t kind;             /* enum wire_message_kind */
	uint8_t more;
	uint32_t process;         /* index of its wire_process */
	uint32_t generation;      /* of that entry */
	uint64_t tick;
};
#define WIRE_MESSAGE_MAGIC 0x746d656du

enum wire_origin {
	WIRE_FRESH,               /* an image from its beginning on */
	WIRE_FORKED,              /* made by fork, it inherits a heap that it did not allocate */
	WIRE_JOINED,              /* it ran before, see wire_join */
};

struct wire_hello {
	int32_t pid, parent_pid;
	uint32_t forked;          /* enum wire_origin */
	uint32_t argc;
	uint32_t parent_process;  /* forked: the parent's index and generation */
	uint32_t parent_generation;
	uint64_t realtime_ns;     /* CLOCK_REALTIME at its start */
};

struct wire_module {
	uint32_t id;              /* dense from 1 in one process image */
	uint16_t build_id_size;
	uint16_t path_size;       /* the main program: what /proc/self/exe or AT_EXECFN says */
	uint64_t start, end;      /* mapped range */
	uint64_t bias;            /* run-time address minus ELF address */
};

/*
 * A process that runs already is traced from the moment on that one of its threads is made to call, in the shim that it was made to
 * load, memtrace_join(struct wire_join *), and until memtrace_leave(struct wire_join *). Both take no lock, and may be called
 * while all other threads stand still. WIRE_JOIN_ALONE says that they do, and that none of them stands in the shim.
 *
 * Leaving takes two calls: the first, without flags, binds the program to the real functions again, so that soon no thread is in
 * the shim any more; the second, WIRE_JOIN_LAST, sends what is left and ends.
 *
 * Where no way of the shim's own leads to the pool, from another container, it makes a pair of sockets, tells it as `door`, and waits two
 * seconds for a message there as from the collector's own socket: a byte with the descriptors of pool and pipe.
 */
enum wire_join_flags {
	WIRE_JOIN_ALONE = 1,
	WIRE_JOIN_LAST = 2,
	WIRE_JOIN_CONFINED = 4,   /* seccomp filters watch it: they allow what a join needs and VERDICT_SHIM_CALLS, of more nothing is known */
};
enum wire_join_result {
	WIRE_JOIN_NOTHING,        /* it has not been called */
	WIRE_JOIN_DONE,
	WIRE_JOIN_VERSION,        /* the shim that is there is of another build */
	WIRE_JOIN_TRACED,         /* by a collector that lives */
	WIRE_JOIN_OWN_MALLOC,     /* the executable's malloc is its own */
	WIRE_JOIN_NO_CHANNEL,     /* the collector's memory cannot be reached from there */
	WIRE_JOIN_CANNOT,         /* no memory, a libc without _dl_find_object, a jail, old state that may not be dropped */
};

struct wire_join {
	uint32_t version;         /* WIRE_VERSION */
	uint32_t flags;           /* enum wire_join_flags */
	_Atomic uint32_t result;  /* out: enum wire_join_result, last of all; then the call lasts up to 200 ms more */
	uint32_t bound;           /* out: places that called the real functions and now call hooks, or the reverse */
	uint32_t deaf;            /* out: modules whose symbols could not be changed: what is loaded later calls them unseen */
	_Atomic uint32_t door;    /* out: its number of a socket, and 1; 0: it does not wait for us */
	char channel[232];        /* as in WIRE_ENVIRONMENT */
};

struct wire_unload {
	uint32_t id, pad;
};

struct wire_snapshot {
	uint64_t number;          /* of the question */
	uint32_t slot;            /* that it will stand in */
	uint32_t path_size;       /* 0: no file */
};

#endif
