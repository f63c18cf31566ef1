/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tie to the collector: see channel.h. Finding the descriptors is descriptors.c's; here is what
 * is done with the pool once its head is mapped.
 *
 * More of the pool is mapped without any descriptor: mremap with an old size of 0 gives a second
 * view of a shared mapping that may reach farther than the first. So a program that closes, counts
 * or exhausts its descriptors, leaves /proc behind or changes its root, makes no difference to us
 * and sees none.
 */
#include <x86intrin.h>
#include "shim/channel.h"
#include "shim/descriptors.h"
#include "shim/owned.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum {
	PAGE = 4096,
	OWNER_DIED = 0x40000000, /* FUTEX_OWNER_DIED */
	FIRST_STEP_NS = 20000,
	LAST_STEP_NS = 1000000,
	SPINS = 1000,
	SPIN_NS = 40 * SPINS, /* what a round of pauses takes at least */
	ANCHORS = 64,
	ANCHOR_DISTANCE = 8 * WIRE_RING_MAX,
};

struct channel channel;

/* Pages of the pool that stay mapped, from which views of what lies behind are taken: the nearer,
 * the less is mapped for a moment beside. The first is the end of the head. An offset of 0 is an
 * anchor in the making. */
static struct anchor {
	char *at;
	_Atomic uint64_t offset;
} anchors[ANCHORS];
static _Atomic uint32_t n_anchors;

bool channel_open(const char *environment)
{
	struct channel_address address;
	char *head;

	if (!channel_parse(environment, &address) || address.version != WIRE_VERSION)
		return false;
	head = descriptors_find(&address, &channel.inherited);
	if (!head)
		return false;
	channel.pool = (struct wire_pool *)head;
	channel.processes = (struct wire_process *)(head + WIRE_PROCESSES_AT);
	channel.slots = (struct wire_slot *)(head + WIRE_SLOTS_AT);
	channel.piped = channel.pool->transport == WIRE_TRANSPORT_PIPE;
	channel.leaks = channel.pool->leaks;
	channel.sample = channel.pool->sample;
	channel.sample_seed = channel.pool->sample_seed;
	anchors[0].at = head + WIRE_RINGS_AT - PAGE;
	anchors[0].offset = WIRE_RINGS_AT - PAGE;
	n_anchors = 1;
	return true;
}

/* Others count from 1, too. */
static uint64_t pid_namespace(void)
{
	struct stat status;

	if (SYS_CALL(SYS_stat, (long)"/proc/self/ns/pid", (long)&status) != 0)
		return 0;
	return status.st_ino;
}

static bool claim(_Atomic uint32_t *state, uint32_t free, uint32_t claimed)
{
	return atomic_load_explicit(state, memory_order_relaxed) == free &&
	       atomic_compare_exchange_strong(state, &free, claimed);
}

bool channel_claim_process(void)
{
	uint32_t start = atomic_fetch_add(&channel.pool->next_process, 1);

	for (uint32_t i = 0; i < WIRE_PROCESSES; i++) {
		uint32_t index = (start + i) % WIRE_PROCESSES;
		struct wire_process *process = &channel.processes[index];
		/* A forked child is its parent's in this too. */
		bool stopped = channel.process ? channel_stopped() : channel.pool->paused;

		if (!claim(&process->state, WIRE_PROCESS_FREE, WIRE_PROCESS_CLAIMED))
			continue;
		channel.process = process;
		channel.index = index;
		channel.generation = atomic_fetch_add(&process->generation, 1) + 1;
		channel.clock = WIRE_CLOCK_TSC;
		process->clock = WIRE_CLOCK_TSC;
		process->flags = stopped ? WIRE_FLAG_STOPPED : 0;
		if (!channel.frames_limit)
			channel.frames_limit = channel.pool->frames_limit;
		process->frames_limit = channel.frames_limit;
		process->pid = sys_getpid();
		process->parent_pid = (int32_t)SYS_CALL(SYS_getppid);
		process->pid_namespace = pid_namespace();
		process->owned = (uintptr_t)owned_list();
		process->exec_pending = 0;
		process->start_tick = __rdtsc() >> WIRE_TICK_SHIFT;
		process->tracer_memory = atomic_load(&channel.memory);
		process->lost_events = 0;
		process->cut_stacks = 0;
		process->sequence = 0;
		process->turn = channel.piped ? WIRE_TURN_OF_ALL : 1; /* nobody's */
		return true;
	}
	return false;
}

int channel_claim_slot(int32_t tid)
{
	uint32_t start = atomic_fetch_add(&channel.pool->next_slot, 1);

	for (uint32_t i = 0; i < WIRE_SLOTS; i++) {
		uint32_t index = (start + i) % WIRE_SLOTS;
		struct wire_slot *slot = &channel.slots[index];

		if (!claim(&slot->state, WIRE_SLOT_FREE, WIRE_SLOT_CLAIMED))
			continue;
		slot->process = channel.index;
		slot->process_generation = channel.generation;
		slot->capacity = WIRE_RING_MIN;
		slot->tid = tid;
		slot->head = 0;
		slot->tail = 0;
		slot->unsent = 0;
		slot->answered = 0;
		atomic_store_explicit(&slot->state, WIRE_SLOT_LIVE, memory_order_release);
		atomic_fetch_add(&channel.pool->slots_live, 1);
		return (int)index;
	}
	return -1;
}

static void *view(const struct anchor *anchor, uint64_t offset, size_t size)
{
	uint64_t distance = offset - anchor->offset;
	char *at;

	/* Where the program has locked its memory the view would be too, and all of it be filled
	 * in. */
	SYS_CALL(SYS_munlock, (long)anchor->at, PAGE);
	at = sys_mremap(anchor->at, 0, distance + size);
	if (!at)
		return NULL;
	sys_munmap(at, distance);
	return at + distance;
}

static const struct anchor *nearest_anchor(uint64_t offset)
{
	const struct anchor *nearest = &anchors[0];
	uint32_t n = atomic_load(&n_anchors);

	for (uint32_t i = 0; i < n && i < ANCHORS; i++) {
		const struct anchor *anchor = &anchors[i];

		if (atomic_load(&anchor->offset) <= offset &&
			atomic_load(&anchor->offset) > nearest->offset)
			nearest = anchor;
	}
	return nearest;
}

/* Rings move when they grow, an anchor must not: it gets a page of its own. */
static void add_anchor(char *at, uint64_t offset)
{
	uint32_t index = atomic_load(&n_anchors);
	char *page;

	if (index >= ANCHORS || !(page = sys_mremap(at, 0, PAGE)))
		return;
	if (!atomic_compare_exchange_strong(&n_anchors, &index, index + 1)) {
		sys_munmap(page, PAGE);
		return;
	}
	anchors[index].at = page;
	atomic_store(&anchors[index].offset, offset);
}

void *channel_map(uint64_t offset, size_t size)
{
	const struct anchor *nearest = nearest_anchor(offset);
	void *at;

	if (channel.jail)
		return NULL;
	at = view(nearest, offset, size);
	if (!at && !channel.confined)
		at = descriptors_map(offset, size);
	if (at && offset - nearest->offset > ANCHOR_DISTANCE)
		add_anchor(at, offset);
	return at;
}

void *channel_memory(size_t size)
{
	void *at = channel.jail
			   ? NULL
			   : sys_mmap(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at) {
		uint64_t all = atomic_fetch_add(&channel.memory, size) + size;

		owned_add(at, size);
		if (channel.process)
			__atomic_store_n(&channel.process->tracer_memory, all, __ATOMIC_RELAXED);
	}
	return at;
}

void channel_free(void *at, size_t size)
{
	owned_remove(at);
	sys_munmap(at, size);
}

void channel_lost(void)
{
	/* Before a forked child has begun, the entry is its parent's. */
	if (channel.process && life_is_marked())
		atomic_fetch_add_explicit(&channel.process->lost_events, 1, memory_order_relaxed);
}

void channel_give_up(void)
{
	atomic_store(&shim_mode, SHIM_SILENT);
	atomic_fetch_or(&channel.process->flags, WIRE_FLAG_GAVE_UP);
	channel_lost();
	life_unmark();
}

bool channel_is_heard(void)
{
	return channel.pool && !(channel.pool->collector_alive & OWNER_DIED);
}

void channel_close(void)
{
	uint32_t n = atomic_load(&n_anchors);

	/* The first is the head's. */
	for (uint32_t i = 1; i < n && i < ANCHORS; i++)
		if (atomic_exchange(&anchors[i].offset, 0))
			sys_munmap(anchors[i].at, PAGE);
	atomic_store(&n_anchors, 0);
	descriptors_close(false);
	if (channel.pool)
		sys_munmap(channel.pool, WIRE_RINGS_AT);
	channel.pool = NULL;
	channel.process = channel.processes = NULL;
	channel.slots = NULL;
	channel.frames_limit = 0;
	channel.flush_always = channel.inherited = false;
}

void channel_ring_bell(void)
{
	if (atomic_load_explicit(&channel.pool->sleeping, memory_order_relaxed) && !channel.jail &&
		atomic_exchange(&channel.pool->sleeping, 0))
		sys_futex_wake(&channel.pool->sleeping);
}

bool channel_wait(struct channel_wait *wait)
{
	uint64_t progress = atomic_load_explicit(&channel.pool->progress, memory_order_relaxed);
	uint64_t most_ns = channel.pool->wait_ms * 1000000ull, slept_ns;

	if (atomic_load_explicit(&shim_mode, memory_order_relaxed) == SHIM_SILENT)
		return false;
	if ((channel.pool->collector_alive & OWNER_DIED) || wait->slept_ns >= most_ns) {
		channel_give_up();
		return false;
	}
	if (progress != wait->progress || wait->step_ns == 0) {
		wait->progress = progress;
		wait->slept_ns = 0;
		wait->step_ns = FIRST_STEP_NS;
	}
	channel_ring_bell();
	if (channel.jail) {
		for (int i = 0; i < SPINS; i++)
			_mm_pause();
		wait->slept_ns += SPIN_NS;
		wait->all_ns += SPIN_NS;
		return true;
	}
	/* Only its own sleep counts: a program that is stopped, or starved, does not lose
	 * patience meanwhile. */
	slept_ns = sys_sleep(wait->step_ns);
	wait->slept_ns += slept_ns;
	wait->all_ns += slept_ns;
	wait->step_ns = wait->step_ns * 2 < LAST_STEP_NS ? wait->step_ns * 2 : LAST_STEP_NS;
	return true;
}
