/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beginning: the first hook called, usually in ld.so before any code of the program, looks up the
 * real functions, finds the channel by the environment the kernel gave the process, claims an entry
 * and says hello. All that fails makes the shim silent: hooks then only pass on.
 *
 * Forking is not announced: _Fork and a raw clone call no handler. A page that the kernel wipes in
 * children is looked at by every hook; the child drops all that is the parent's (threads, rings,
 * ids) and begins as a process of its own. A vfork child shares the page and everything else: what
 * it does is the parent's.
 *
 * Joining: a process that runs already loads us late. Then nobody is bound to the hooks, and a call
 * from outside (join.c) begins, after which graft.c binds them. It may leave, and join again.
 *
 * Ending: nothing needs to be done, the collector has the rings. The destructor only leaves word
 * that it ran.
 */
#include <link.h>
#include "shim/arena.h"
#include "shim/channel.h"
#include "shim/exits.h"
#include "shim/sampling.h"
#include "shim/sandbox.h"
#include "shim/splice.h"
#include "shim/life.h"
#include "shim/lookup.h"
#include "shim/message.h"
#include "shim/modules.h"
#include "shim/real.h"
#include "shim/ring.h"
#include "shim/shim.h"
#include "shim/stacks.h"
#include "shim/sys.h"
#include "shim/tell.h"
#include "shim/unwind_verify.h"

enum { PAGE = 4096, WIPE_ON_FORK = 18, ARGUMENTS_MAX = 1 << 16, DEEP = 4096 };

/* Where the kernel put argc; then argv, NULL, the environment, NULL. ld.so's. */
extern void *__libc_stack_end;

_Atomic int shim_mode = SHIM_NEW;
volatile uint64_t life_page[PAGE / sizeof(uint64_t)] __attribute__((aligned(PAGE)));
_Atomic uint64_t shim_news = 1;

/* argv as the kernel laid it out: one string behind the other. */
static struct iovec arguments;
static uint32_t n_arguments;

static const char *read_stack(void)
{
	static const char name[] = WIRE_ENVIRONMENT "=";
	const long *at = __libc_stack_end;
	long argc = at ? *at : 0;
	char **argv = (char **)(at + 1), **environment = argv + argc + 1;

	if (!at || argc < 0)
		return NULL;
	if (argc > 0 && argv[argc - 1] >= argv[0]) {
		const char *end = argv[argc - 1];

		while (*end)
			end++;
		n_arguments = (uint32_t)argc;
		arguments = (struct iovec){argv[0], (size_t)(end + 1 - argv[0])};
		if (arguments.iov_len > ARGUMENTS_MAX)
			arguments.iov_len = ARGUMENTS_MAX;
	}
	for (; *environment; environment++) {
		size_t i = 0;

		while (name[i] && (*environment)[i] == name[i])
			i++;
		if (!name[i])
			return *environment + i;
	}
	return NULL;
}

static bool say_hello(struct producer *producer, const struct wire_hello *parent)
{
	struct wire_hello hello = *parent;
	const struct iovec parts[] = {{&hello, sizeof hello}, arguments};
	struct timespec now = {0};

	SYS_CALL(SYS_clock_gettime, CLOCK_REALTIME, (long)&now);
	hello.pid = channel.process->pid;
	hello.parent_pid = channel.process->parent_pid;
	hello.argc = n_arguments;
	hello.realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return message_send(producer, WIRE_MSG_HELLO, parts, 2);
}

static void say_untraced(struct producer *producer)
{
	static const char why[] =
		"the program brings its own malloc, which an injected library cannot watch";
	const struct iovec part = {(void *)why, sizeof why - 1};

	message_send(producer, WIRE_MSG_UNTRACED, &part, 1);
}

/* What was asked for before we could look: nobody knows from where. */
static void tell_arena(struct producer *producer)
{
	for (struct arena_block *block = arena_next(NULL); block; block = arena_next(block)) {
		const uint64_t values[] = {(uintptr_t)block->bytes, block->size, 0};

		if (sampling_passes(&producer->thread->left, block->size))
			continue;
		if (sampling_is_on())
			sampling_go_on(producer->thread);
		if (sampling_is_on() && !sampling_add((uintptr_t)block->bytes))
			continue;
		tell_record(producer, WIRE_ALLOC_ANY, DOMAIN_MALLOC, values, 3);
		if (block->state == ARENA_FREED && (!sampling_is_on() || sampling_drop((uintptr_t)block->bytes)))
			tell_record(producer, WIRE_FREE_ANY, DOMAIN_MALLOC, values, 1);
	}
}

static bool set_mark(void)
{
	if (sys_failed(SYS_CALL(SYS_madvise, (long)life_page, PAGE, WIPE_ON_FORK)))
		return false;
	life_page[LIFE_MARK] = 1;
	return true;
}

/* How often this memory, or what it is a copy of, has begun. */
static uint32_t n_begun;

/* From a claimed entry to a process that the collector knows. True: it is to be recorded. */
static bool introduce(const struct wire_hello *parent)
{
	struct thread *self = thread_self(), *thread = self ? self : thread_get();
	struct producer *producer =
		thread ? thread_enter(thread, (uintptr_t)__builtin_frame_address(0)) : NULL;
	bool ours = parent->forked || real_malloc_is_ours(), known, again = n_begun++ > 0;

	/* Not before that is known: a sanitizer's runtime in the executable takes the place of what
	 * libgcc's unwinder calls, and does not bear it before its own beginning. */
	if (ours)
		unwind_prepare();
	else
		atomic_fetch_or(&channel.process->flags, WIRE_FLAG_NOT_OURS);
	known = say_hello(producer, parent);
	if (known && ours)
		modules_tell_all(producer, again);
	else if (known)
		say_untraced(producer);
	if (known && ours && !parent->forked && !channel_stopped())
		tell_arena(producer);
	if (producer)
		thread_leave(producer);
	return known && ours;
}

/* The part that a fresh image and a forked child have in common. */
static bool begin(const struct wire_hello *parent)
{
	bool traced;

	if (!channel_claim_process() || !set_mark() || !stacks_prepare() || !modules_prepare() || !sampling_begin())
		return false;
	thread_sample_all();
	channel.starting = true;
	traced = introduce(parent);
	channel_close_start();
	atomic_store(&channel.process->state, WIRE_PROCESS_LIVE);
	return traced;
}

/* What has been made on the way is looked at by the fast path, which knows no modes. */
static bool decide(bool traced)
{
	if (!traced)
		life_unmark();
	atomic_store(&shim_mode, traced ? SHIM_LIVE : SHIM_SILENT);
	if (traced)
		sampling_hurry();
	return traced;
}

/* What was laid into this image before it began; others that read the same pool come later. */
static void take_up_splice(void)
{
	uint64_t at = channel.inherited ? atomic_exchange(&channel.pool->splice, 0) : 0;
	struct splice *splice = (struct splice *)at;

	if (at && sys_is_readable(splice) && splice->magic == SPLICE_MAGIC)
		splice_take_up(splice);
}

bool life_start(void)
{
	const struct wire_hello alone = {0};
	int fresh = SHIM_NEW;
	const char *environment;
	bool traced = false;

	if (!real_find() || !atomic_compare_exchange_strong(&shim_mode, &fresh, SHIM_STARTING))
		return false;
	environment = read_stack();
	if (environment && !lookup_is_late() && channel_open(environment)) {
		take_up_splice();
		/* One that is not followed is nobody's: the collector must not take it for a child. */
		if (!channel.inherited && !(channel.pool->follow & WIRE_FOLLOW_EXEC))
			channel_close();
		else if (!(traced = begin(&alone)))
			channel_close_start();
	}
	return decide(traced);
}

bool life_forked(void)
{
	const struct wire_hello parent = {.forked = WIRE_FORKED,
		.parent_process = channel.index,
		.parent_generation = channel.generation};
	int live = SHIM_LIVE;
	bool traced;

	if (!atomic_compare_exchange_strong(&shim_mode, &live, SHIM_STARTING))
		return false;
	/* In a jail a new beginning would take system calls that nobody has allowed. */
	traced = (channel.pool->follow & WIRE_FOLLOW_FORK) && !channel.jail && !channel.childless;
	if (traced) {
		thread_forget_all();
		stacks_forget_all();
		traced = begin(&parent);
	}
	return decide(traced);
}

/* Of what was before. */
static void forget(void)
{
	life_unmark();
	thread_drop_all();
	stacks_forget_all();
	channel_close();
}

/* Of a process whose channel is open. */
static bool begin_late(bool confined)
{
	const struct wire_hello hello = {.forked = WIRE_JOINED};
	bool traced;

	/* Pipes want to be written to, always; see life_be_filtered. */
	if (confined && channel.piped)
		return false;
	traced = begin(&hello);
	channel.confined = channel.confined || confined;
	return traced;
}

enum wire_join_result life_join(struct wire_join *letter)
{
	bool alone = letter->flags & WIRE_JOIN_ALONE, traced;
	int mode = atomic_load(&shim_mode);

	if (mode == SHIM_STARTING || (mode == SHIM_LIVE && channel_is_heard()))
		return WIRE_JOIN_TRACED;
	if (channel.jail || (channel.pool && !alone) || !real_find())
		return WIRE_JOIN_CANNOT;
	if (lookup_owner("malloc") == _r_debug.r_map)
		return WIRE_JOIN_OWN_MALLOC;
	atomic_store(&shim_mode, SHIM_STARTING);
	forget();
	read_stack();
	channel.door = &letter->door;
	if (!channel_open(letter->channel)) {
		channel.door = NULL;
		decide(false);
		return WIRE_JOIN_NO_CHANNEL;
	}
	traced = begin_late(letter->flags & WIRE_JOIN_CONFINED);
	channel.door = NULL;
	return decide(traced) ? WIRE_JOIN_DONE : WIRE_JOIN_CANNOT;
}

void life_leave(bool alone)
{
	if (atomic_load(&shim_mode) == SHIM_LIVE && channel.process) {
		/* Who is silent sends nothing. */
		if (channel.piped && !channel.jail)
			ring_flush_all(false);
		atomic_store(&shim_mode, SHIM_SILENT);
		life_unmark();
		atomic_fetch_or(&channel.process->flags, WIRE_FLAG_LEFT);
	}
	if (alone && channel.pool)
		forget();
}

/* Of the calling thread, for stacks as deep as they are told, and some. */
static void make_room_for_stacks(void)
{
	struct thread *self = thread_self();
	struct trail *trail = self ? &self->first.trails.trail : NULL;
	uint32_t depth = channel.frames_limit > DEEP ? channel.frames_limit : DEEP;

	while (trail && trail->capacity < depth && trail_grow(trail, 0))
		;
}

static void enter_jail(void)
{
	stacks_make_room();
	sampling_make_room();
	make_room_for_stacks();
	channel.jail = true;
}

/* Writing on could be what a jail kills for. False: there is nothing more to be done. */
static bool leave_pipe(void)
{
	if (channel.piped) {
		ring_flush_all(false);
		channel_give_up();
	}
	return !channel.piped;
}

static bool is_live(void)
{
	return atomic_load(&shim_mode) == SHIM_LIVE && life_is_marked();
}

void life_lose_clock(void)
{
	if (!is_live())
		return;
	/* Later than anything that another processor has stamped so far. */
	atomic_store(&channel.process->sequence, (__rdtsc() >> WIRE_TICK_SHIFT) + (1 << 20));
	channel.process->clock = WIRE_CLOCK_SEQUENCE;
	channel.clock = WIRE_CLOCK_SEQUENCE;
	atomic_store(&channel.process->turn, WIRE_TURN_OF_ALL);
}

void life_be_strict(void)
{
	life_lose_clock();
	if (is_live() && leave_pipe())
		enter_jail();
}

void life_be_filtered(const struct sock_fprog *filter)
{
	enum sandbox_verdict verdict = is_live() ? sandbox_judge(filter) : SANDBOX_NONE;

	if (verdict == SANDBOX_NONE || !leave_pipe())
		return;
	channel.confined = true;
	channel.childless = channel.childless || verdict == SANDBOX_CHILDLESS;
	if (verdict == SANDBOX_REFUSES)
		enter_jail();
}

void life_ends(void)
{
	if (is_live() && channel.piped && !channel.jail) {
		channel.flush_always = true;
		ring_flush_all(false);
	}
}

__attribute__((constructor)) static void constructor(void)
{
	if (atomic_load(&shim_mode) == SHIM_NEW)
		life_start();
	exits_prepare();
}

__attribute__((destructor)) static void destructor(void)
{
	if (!is_live())
		return;
	/* Where the last thread has ended, and not the program by itself. */
	exits_begin((uintptr_t)__builtin_frame_address(0));
	atomic_fetch_or(&channel.process->flags, WIRE_FLAG_EXITED);
	life_ends();
}
