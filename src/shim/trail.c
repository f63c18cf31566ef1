/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of a trail, and what is written down of a walk: see trail.h.
 */
#include "shim/cfi.h"
#include "shim/channel.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/trail.h"

enum { PAGE_BITS = 12, RUN_MOST = 255 };

static void lay_out(struct trail *trail, void *memory, uint32_t capacity)
{
	trail->frames = memory;
	trail->fresh = trail->frames + capacity;
	trail->cells = (struct trail_cell *)(void *)(trail->fresh + capacity);
	trail->runs = (uint8_t *)(trail->cells + TRAIL_CELLS * capacity);
	trail->capacity = capacity;
}

void trail_init(struct trail *trail, void *memory)
{
	*trail = (struct trail){0};
	lay_out(trail, memory, TRAIL_FIRST);
}

void trail_release(const struct trail *trail)
{
	if (!trail->grown)
		return;
	channel_free(trail->frames, trail_bytes(trail->capacity));
	atomic_fetch_sub(&channel.memory, trail_bytes(trail->capacity));
}

static void copy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size / sizeof(uint64_t); i++)
		((volatile uint64_t *)to)[i] = ((const uint64_t *)from)[i];
}

bool trail_grow(struct trail *trail, uint32_t n_fresh)
{
	const struct trail old = *trail;
	uint32_t n_cells = old.n ? old.frames[old.n - 1].cells : 0;
	uint64_t signals;
	void *memory = NULL;

	if (old.capacity < TRAIL_MOST)
		memory = channel_memory(trail_bytes(old.capacity * 2));
	if (!memory)
		return false;
	/* A handler that left us by a jump would leave half of each. */
	signals = sys_block_signals();
	lay_out(trail, memory, old.capacity * 2);
	copy(trail->frames, old.frames, old.n * sizeof *old.frames);
	copy(trail->fresh, old.fresh, n_fresh * sizeof *old.fresh);
	copy(trail->cells, old.cells, n_cells * sizeof *old.cells);
	/* Whole words: there is room behind the last one. */
	copy(trail->runs, old.runs, n_cells + 7);
	trail_release(&old);
	trail->grown = true;
	sys_restore_signals(signals);
	return true;
}

static inline struct trail_cell *put_signal(
	struct trail_cell *cell, const struct trail_frame *frame, const struct trail_frame *caller)
{
	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RBP, caller->rbp};
	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RSP, caller->rsp};
	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RIP, caller->pc - 1};
	return cell;
}

/* What led from FRAME to CALLER, nearest to the leaf last; sets live. */
static inline struct trail_cell *put_cells(
	struct trail_cell *cell, struct trail_frame *frame, const struct trail_frame *caller)
{
	const enum cfi_kind kind = cfi_kind(frame->row);
	const enum cfi_rbp rbp = cfi_rbp(frame->row);

	frame->live = kind != CFI_RSP;
	if (unlikely(kind == CFI_SIGNAL)) {
		frame->live = false;
		return put_signal(cell, frame, caller);
	}
	*cell++ = (struct trail_cell){caller->rsp - 8, caller->pc};
	if (rbp == CFI_RBP_KEPT) {
		frame->live |= caller->live;
	} else if (caller->live || kind == CFI_FRAME) {
		/* Whether rbp was believed to be a frame pointer hung on that word, too. */
		uint64_t base = rbp == CFI_RBP_AT_CFA ? caller->rsp : frame->rbp;

		*cell++ = (struct trail_cell){
			base + (uint64_t)cfi_rbp_offset(frame->row), caller->rbp};
		frame->live |= rbp == CFI_RBP_AT_RBP;
	}
	if (unlikely(kind == CFI_AT_RBP))
		*cell++ = (struct trail_cell){
			frame->rbp + (uint64_t)cfi_offset(frame->row), caller->rsp};
	return cell;
}

/* Of the cells from AT on, the first N in all. */
static inline void count_runs(struct trail *trail, uint32_t at, uint32_t n)
{
	uint32_t run = at > 0 ? trail->runs[at - 1] : 0;

	for (; at < n; at++) {
		if (run == 0 ||
			(trail->cells[at].address ^ trail->cells[at - 1].address) >> PAGE_BITS)
			run = 0;
		run += run < RUN_MOST;
		trail->runs[at] = (uint8_t)run;
	}
}

void trail_take(struct trail *trail, uint32_t left, uint32_t n_fresh)
{
	const struct trail_frame *from = &trail->fresh[n_fresh];
	struct trail_frame *frame = &trail->frames[left], *end = frame + n_fresh;
	const uint32_t n_old = left > 0 ? frame[-1].cells : 0;
	struct trail_cell *cell = trail->cells + n_old;
	uint64_t hash = left > 0 ? frame[-1].hash : trail->seed;
	uint32_t depth = left > 0 ? frame[-1].depth : 0;

	for (; frame < end; frame++) {
		from--;
		frame->pc = from->pc;
		frame->rsp = from->rsp;
		frame->rbp = from->rbp;
		frame->row = from->row;
		/* Of the root only where rbp decided that it is one. */
		frame->live = cfi_kind(frame->row) == CFI_FRAME;
		if (likely(frame > trail->frames))
			cell = put_cells(cell, frame, frame - 1);
		frame->cells = (uint32_t)(cell - trail->cells) & INT32_MAX;
		if (likely(trail_is_told(frame))) {
			hash = trail_mix(hash, frame->pc);
			depth++;
		}
		frame->hash = hash;
		frame->depth = depth;
		frame->id = 0;
	}
	count_runs(trail, n_old, (uint32_t)(cell - trail->cells));
	trail->n = left + n_fresh;
	trail->left = left;
}

void trail_rehash(struct trail *trail, uint64_t seed)
{
	uint64_t hash = seed;

	for (uint32_t i = 0; i < trail->n; i++) {
		struct trail_frame *frame = &trail->frames[i];

		if (trail_is_told(frame))
			hash = trail_mix(hash, frame->pc);
		frame->hash = hash;
		frame->id = 0;
	}
	trail->seed = seed;
}
