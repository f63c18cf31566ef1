/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A round: look for new rings, read all heads, drain the pipe, merge what the rings hold up to those heads (merge.c). A
 * message that a record relies on was written before the record was published, so it has been read by then; a ring met
 * for the first time on the way (a chunk's) has its head read too, and the pipe is drained once more.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/clock.h"
#include "record/answer.h"
#include "record/inbox.h"
#include "record/kin.h"
#include "record/merge.h"
#include "record/reader.h"

/* How old a tick may be, for want of a new one: lifetimes are as exact as that. */
#define NUDGE_NS 2000000ull
/* Between looks how long a tick is. */
#define CLOCK_NS 10000000ull
#define TICK_NS_MAX (32ull << 32)
/* How long an exec may take before somebody looks whether another program has come of it. */
#define LEAVING_NS 2000000000ull

/* One instant by the clock of ticks and that of NS, or nearly: nobody else had the processor in between. */
static uint64_t read_clocks(uint64_t *ns)
{
	uint64_t before, after;
	int tries = 0;

	do {
		before = pool_now();
		*ns = clock_ns(CLOCK_MONOTONIC);
		after = pool_now();
	} while (after - before > 64 && ++tries < 8);
	return before + (after - before) / 2;
}

static void begin_clock(struct reader *reader)
{
	reader->clock.tick = read_clocks(&reader->clock_ns);
	reader->clock.real_ns = clock_ns(CLOCK_REALTIME);
}

/* How long a tick is shows in the time since the reader began. Who watches starts the program only after that. */
static void look_at_clock(struct reader *reader, uint64_t now_ns)
{
	uint64_t tick, ns;

	if (now_ns < reader->clock_next_ns || now_ns - reader->clock_ns < 1000)
		return;
	reader->clock_next_ns = now_ns + CLOCK_NS;
	tick = read_clocks(&ns);
	if (tick <= reader->clock.tick)
		return;
	reader->tick_ns = (uint64_t)(((unsigned __int128)(ns - reader->clock_ns) << 32) / (tick - reader->clock.tick));
	if (reader->tick_ns > TICK_NS_MAX)
		reader->tick_ns = 0;
}

void reader_init(struct reader *reader, struct pool *pool, int32_t first_pid)
{
	memset(reader, 0, sizeof *reader);
	reader->pool = pool;
	reader->first_pid = first_pid;
	reader->input = xmalloc(READER_INPUT);
	begin_clock(reader);
}

static void ring_free(struct reader *reader, struct ring *ring, bool give_back)
{
	if (give_back)
		pool_free_slot(reader->pool, ring->slot);
	if (reader->rings[ring->slot] == ring)
		reader->rings[ring->slot] = NULL;
	decode_release(&ring->stream);
	for (size_t i = 0; i < ring->asides.count; i++)
		free(ring->asides.items[i].message);
	ARRAY_FREE(&ring->asides);
	free(ring->image.cuts.items);
	free(ring->wish.path);
	free(ring->wish.label);
	free(ring);
}

static void process_free(struct reader *reader, struct reader_process *process, bool give_back)
{
	for (size_t i = 0; i < process->rings.count; i++)
		ring_free(reader, process->rings.items[i], give_back);
	for (size_t i = 0; i < 16; i++)
		ARRAY_FREE(&process->parts[i]);
	ARRAY_FREE(&process->rings);
	free(process->heap);
	if (process->pidfd >= 0)
		close(process->pidfd);
	image_free(process->image);
	free(process);
}

void reader_release(struct reader *reader)
{
	for (size_t i = 0; i < reader->processes.count; i++)
		process_free(reader, reader->processes.items[i], false);
	ARRAY_FREE(&reader->processes);
	ARRAY_FREE(&reader->pids);
	free(reader->input);
}

struct reader_process *reader_process(struct reader *reader, uint32_t index, uint32_t generation)
{
	struct reader_process *process;

	if (index >= WIRE_PROCESSES)
		return NULL;
	process = reader->by_index[index];
	if (process && process->generation == generation)
		return process;
	if (process || reader->pool->processes[index].generation != generation)
		return NULL;
	process = xcalloc(1, sizeof *process);
	process->reader = reader;
	process->index = index;
	process->generation = generation;
	process->pidfd = -1;
	process->image = image_new(reader->pool->processes[index].pid);
	moments_init(&process->image->moments, reader->moments);
	process->image->interval = reader->interval;
	reader->by_index[index] = process;
	*ARRAY_PUSH(&reader->processes) = process;
	return process;
}

struct ring *reader_ring(struct reader *reader, uint32_t slot)
{
	const struct wire_slot *entry;
	struct reader_process *process;
	struct ring *ring;

	if (slot >= WIRE_SLOTS)
		return NULL;
	if (reader->rings[slot])
		return reader->rings[slot];
	entry = &reader->pool->slots[slot];
	process = reader_process(reader, entry->process, entry->process_generation);
	if (!process || process->ended)
		return NULL;
	ring = xcalloc(1, sizeof *ring);
	ring->slot = slot;
	ring->process = process;
	ring->fresh = true;
	ring->heard_ns = clock_ns(CLOCK_MONOTONIC);
	ring->image.thread = image_thread(process->image, entry->tid);
	*ARRAY_PUSH(&process->rings) = ring;
	return reader->rings[slot] = ring;
}

/* Rings are found in the table of slots: there are no more than were ever claimed, but they may lie further on. */
static void scan_slots(struct reader *reader)
{
	uint32_t claimed, live = reader->pool->head->slots_live;

	if (reader->scanned && live == reader->slots_live)
		return;
	claimed = reader->pool->head->next_slot;
	for (uint32_t slot = 0; slot < WIRE_SLOTS; slot++) {
		uint32_t state = reader->pool->slots[slot].state;

		if (slot >= claimed && state == WIRE_SLOT_FREE)
			break;
		if (!reader->rings[slot] && state == WIRE_SLOT_LIVE)
			reader_ring(reader, slot);
	}
	reader->scanned = true;
	reader->slots_live = live;
}

/* Reads heads and the pipe until no new slot turns up. */
static size_t look(struct reader *reader)
{
	size_t work = 0;
	bool fresh = true;

	while (fresh) {
		fresh = false;
		for (size_t i = 0; i < reader->processes.count; i++) {
			struct reader_process *process = reader->processes.items[i];

			for (size_t k = 0; k < process->rings.count; k++)
				if (process->rings.items[k]->fresh) {
					merge_look(reader, process->rings.items[k]);
					fresh = true;
				}
		}
		work += reader_drain_pipe(reader);
	}
	return work;
}

static void refresh(struct reader *reader)
{
	for (size_t i = 0; i < reader->processes.count; i++) {
		struct reader_process *process = reader->processes.items[i];

		for (size_t k = 0; k < process->rings.count; k++)
			process->rings.items[k]->fresh = true;
	}
}

/* A ring that keeps the turn would go on giving the time at which it took it. */
static void nudge(struct reader *reader, struct reader_process *process, uint64_t ns)
{
	if (!process->stirred || ns - process->nudged_ns < NUDGE_NS)
		return;
	process->stirred = false;
	process->nudged_ns = ns;
	atomic_fetch_or_explicit(&reader->pool->processes[process->index].turn, 1, memory_order_relaxed);
}

size_t reader_round(struct reader *reader)
{
	uint64_t ns = clock_ns(CLOCK_MONOTONIC);
	size_t work = 0, copied;

	look_at_clock(reader, ns);
	scan_slots(reader);
	refresh(reader);
	work = look(reader);
	/* A ring that has published has been counted before. */
	reader->calm = reader->pool->head->slots_live == reader->slots_live;
	for (size_t i = 0; i < reader->processes.count; i++) {
		copied = merge_process(reader, reader->processes.items[i]);
		answer_process(reader, reader->processes.items[i]);
		reader->processes.items[i]->stirred |= copied > 0;
		nudge(reader, reader->processes.items[i], ns);
		work += copied;
	}
	if (work)
		atomic_fetch_add(&reader->pool->head->progress, 1);
	return work;
}

/* What has a lesser tick than the image's latest event is late: image_words leaves it to the merge, which looks at `since`. */
void reader_forget(struct reader_process *process, uint64_t tick)
{
	const struct event clear = { .type = EVENT_CLEAR, .tick = tick };
	struct image_ring nobody = { 0 };

	image_event(process->image, &nobody, &clear);
	process->since = tick;
}

/* With --transport pipe: what had not been sent at the end is lost, and how much that is the slots know. */
static void note_unsent(struct reader *reader, struct reader_process *process)
{
	size_t threads = 0;

	if (reader->pool->head->transport != WIRE_TRANSPORT_PIPE)
		return;
	for (size_t k = 0; k < process->rings.count; k++)
		threads += reader->pool->slots[process->rings.items[k]->slot].unsent != 0;
	if (threads)
		image_problem(process->image, "the last events of %zu thread%s are lost: the program ended before they were sent through "
			"the pipe", threads, threads == 1 ? "" : "s");
}

/* The image is over: what its rings hold is all there will be. */
void reader_finish(struct reader *reader, struct reader_process *process)
{
	if (process->ended)
		return;
	scan_slots(reader);
	process->ended = true;
	for (size_t k = 0; k < process->rings.count; k++)
		merge_look(reader, process->rings.items[k]);
	merge_process(reader, process);
	note_unsent(reader, process);
	for (size_t k = 0; k < process->rings.count; k++)
		image_ring_end(process->image, &process->rings.items[k]->image);
}

void reader_end(struct reader *reader, int32_t pid)
{
	scan_slots(reader);
	reader_round(reader);
	reader_round(reader);
	for (size_t i = 0; i < reader->processes.count; i++)
		if (reader->processes.items[i]->image->pid == pid && !reader->processes.items[i]->gone)
			reader_finish(reader, reader->processes.items[i]);
}

static bool is_gone(int32_t pid)
{
	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* It said that it was about to become another program, and that is none of ours: its end would be that one's. */
static bool has_left(struct reader *reader, struct reader_process *process)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!reader->pool->processes[process->index].exec_pending) {
		process->leaving_ns = 0;
		return false;
	}
	if (!process->leaving_ns)
		process->leaving_ns = now;
	if (now - process->leaving_ns < LEAVING_NS)
		return false;
	process->leaving_ns = now;
	return kin_has_left(reader->pool, process->image->pid);
}

void reader_check_ends(struct reader *reader)
{
	for (size_t i = 0; i < reader->processes.count; i++) {
		struct reader_process *process = reader->processes.items[i];
		struct pollfd poll_end = { .fd = process->pidfd, .events = POLLIN };

		if (process->ended || process->waited_for)
			continue;
		if (process->gone) {
			reader_round(reader);
			reader_round(reader);
			reader_finish(reader, process);
			continue;
		}
		if (process->pidfd >= 0 ? poll(&poll_end, 1, 0) > 0 : is_gone(process->image->pid))
			reader_end(reader, process->image->pid);
		else if (has_left(reader, process))
			reader_finish(reader, process);
	}
}

void reader_take(struct reader *reader, struct reader_process *process)
{
	for (size_t i = 0; i < reader->processes.count; i++)
		if (reader->processes.items[i] == process) {
			reader->processes.items[i] = reader->processes.items[--reader->processes.count];
			reader->by_index[process->index] = NULL;
			return;
		}
}

struct reader_process *reader_take_ended(struct reader *reader)
{
	for (size_t i = 0; i < reader->processes.count; i++) {
		struct reader_process *process = reader->processes.items[i];

		if (!process->ended)
			continue;
		reader_take(reader, process);
		return process;
	}
	return NULL;
}

void reader_drop(struct reader *reader, struct reader_process *process)
{
	uint32_t index = process->index;

	process_free(reader, process, true);
	pool_free_process(reader->pool, index);
}
