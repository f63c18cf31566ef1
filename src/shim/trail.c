/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of a trail, and its cells: see trail.h.
 *
 * A cell may be read only once all cells nearer to the leaf were found unchanged: only then it
 * surely lies in a frame that is there. Eight are compared at a time where all of them lie in one
 * page, since one that may be read then makes the others readable. Cost: a quarter of a nanosecond
 * a cell.
 */
#include "shim/cfi.h"
#include "shim/channel.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/trail.h"

enum { PAGE_BITS = 12, GROUP = 8 };

static void place(struct trail *trail, void *memory, uint32_t capacity)
{
	trail->frames = memory;
	trail->fresh = trail->frames + capacity;
	trail->cells = (struct trail_cell *)(void *)(trail->fresh + capacity);
	trail->capacity = capacity;
}

void trail_init(struct trail *trail, void *memory)
{
	*trail = (struct trail){0};
	place(trail, memory, TRAIL_FIRST);
}

void trail_release(struct trail *trail)
{
	if (!trail->grown)
		return;
	sys_munmap(trail->frames, trail_bytes(trail->capacity));
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
	void *memory = NULL;

	if (old.capacity < TRAIL_MOST)
		memory = channel_memory(trail_bytes(old.capacity * 2));
	if (!memory)
		return false;
	place(trail, memory, old.capacity * 2);
	copy(trail->frames, old.frames, old.n * sizeof *old.frames);
	copy(trail->fresh, old.fresh, n_fresh * sizeof *old.fresh);
	copy(trail->cells, old.cells,
		(old.n ? old.frames[old.n - 1].cells : 0) * sizeof *old.cells);
	trail_release((struct trail *)&old);
	trail->grown = true;
	return true;
}

static struct trail_cell *put_signal(struct trail_cell *cell, const struct trail_frame *frame)
{
	const struct trail_frame *caller = frame - 1;

	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RBP, caller->rbp};
	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RSP, caller->rsp};
	*cell++ = (struct trail_cell){frame->rsp + CONTEXT_RIP, caller->pc - 1};
	return cell;
}

/* What led from FRAME to the one before it; sets live. Nearest to the leaf last. */
static struct trail_cell *put_cells(struct trail_cell *cell, struct trail_frame *frame)
{
	const struct trail_frame *caller = frame - 1;
	enum cfi_kind kind = cfi_kind(frame->row);
	enum cfi_rbp rbp = cfi_rbp(frame->row);

	if (unlikely(kind == CFI_SIGNAL)) {
		frame->live = false;
		return put_signal(cell, frame);
	}
	frame->live = kind != CFI_RSP || (rbp == CFI_RBP_KEPT && caller->live);
	*cell++ = (struct trail_cell){caller->rsp - 8, caller->pc};
	if (rbp != CFI_RBP_KEPT && caller->live) {
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

void trail_follow(struct trail *trail, uint32_t from)
{
	struct trail_frame *frame = &trail->frames[from], *end = &trail->frames[trail->n];
	struct trail_cell *cell = trail->cells;
	uint64_t hash = trail->seed;
	uint32_t depth = 0;

	if (from > 0) {
		cell += frame[-1].cells;
		hash = frame[-1].hash;
		depth = frame[-1].depth;
	}
	for (; frame < end; frame++) {
		if (likely(frame > trail->frames))
			cell = put_cells(cell, frame);
		else
			frame->live = false;
		frame->cells = (uint32_t)(cell - trail->cells) & INT32_MAX;
		if (trail_is_told(frame)) {
			hash = trail_mix(hash, frame->pc);
			depth++;
		}
		frame->hash = hash;
		frame->depth = depth;
		frame->id = 0;
	}
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

static inline uint64_t difference(const struct trail_cell *cell)
{
	return *(const volatile uint64_t *)cell->address ^ cell->value;
}

static inline bool is_one_page(const struct trail_cell *cells)
{
	uint64_t all = 0;

	for (int i = 0; i < GROUP - 1; i++)
		all |= cells[i].address ^ cells[GROUP - 1].address;
	return all >> PAGE_BITS == 0;
}

static inline bool is_same(const struct trail_cell *cells)
{
	uint64_t all = 0;

	for (int i = 0; i < GROUP; i++)
		all |= difference(&cells[i]);
	return all == 0;
}

uint32_t trail_changed(const struct trail *trail, uint32_t n)
{
	while (n > 0) {
		const struct trail_cell *group = &trail->cells[n - GROUP];

		if (n >= GROUP && likely(is_one_page(group)) && likely(is_same(group))) {
			n -= GROUP;
			continue;
		}
		/* Some of them one by one: the next group may lie in one page again. */
		for (int i = 0; i < GROUP && n > 0; i++, n--)
			if (unlikely(difference(&trail->cells[n - 1])))
				return n;
	}
	return 0;
}
