/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which trail is whose is told by addresses alone: a stack reaches from its root, which the last
 * walk has found, to a little below the lowest leaf that was seen on it. Of those that RSP fits in,
 * the one with the lowest root is the nearest. A wrong guess costs a whole walk, never a wrong one.
 */
#include "shim/channel.h"
#include "shim/sys.h"
#include "shim/trails.h"

enum { SLACK = 1 << 16 };

static uint64_t root_of(const struct trail *trail)
{
	return trail->frames[0].rsp;
}

static bool fits(const struct trail *trail, uint64_t rsp)
{
	return trail->n_kept > 0 && rsp <= root_of(trail) && rsp + SLACK >= trail->low;
}

/* Also how far its stack may be read: it may be another's by now. */
static void forget(struct trail *trail)
{
	trail->n_kept = 0;
	trail->proven_low = trail->proven_high = 0;
}

static size_t others_bytes(void)
{
	return TRAILS_OTHERS * (sizeof(struct trail) + trail_bytes(TRAIL_FIRST));
}

static bool make_others(struct trails *trails)
{
	struct trail *others = channel_memory(others_bytes());
	char *memory = (char *)(others + TRAILS_OTHERS);

	if (!others)
		return false;
	for (int i = 0; i < TRAILS_OTHERS; i++)
		trail_init(&others[i], memory + (size_t)i * trail_bytes(TRAIL_FIRST));
	trails->others = others;
	return true;
}

static void reach(struct trails *trails, enum trails_swap swap)
{
	atomic_signal_fence(memory_order_seq_cst);
	trails->swap = swap;
	atomic_signal_fence(memory_order_seq_cst);
}

void trails_mend(struct trails *trails)
{
	if (trails->swap == TRAILS_TAKING) {
		trails->trail = *trails->with;
		reach(trails, TRAILS_GIVING);
	}
	if (trails->swap == TRAILS_GIVING) {
		*trails->with = trails->away;
		reach(trails, TRAILS_SWAPPED);
	}
}

static void swap(struct trails *trails, struct trail *other)
{
	other->seed = trails->trail.seed;
	trails->away = trails->trail;
	trails->with = other;
	reach(trails, TRAILS_TAKING);
	trails_mend(trails);
}

/* One that is empty, or has not been used for long. */
static struct trail *to_give_up(struct trails *trails)
{
	for (int i = 0; i < TRAILS_OTHERS; i++)
		if (trails->others[i].n_kept == 0)
			return &trails->others[i];
	return &trails->others[trails->next++ % TRAILS_OTHERS];
}

bool trails_turn_to(struct trails *trails, uint64_t rsp)
{
	struct trail *best = fits(&trails->trail, rsp) ? &trails->trail : NULL;

	for (int i = 0; trails->others && i < TRAILS_OTHERS; i++) {
		struct trail *other = &trails->others[i];

		if (fits(other, rsp) && (!best || root_of(other) < root_of(best)))
			best = other;
	}
	if (best == &trails->trail || (!best && trails->trail.n_kept == 0))
		return false;
	if (!trails->others && !make_others(trails))
		return false;
	if (!best) {
		best = to_give_up(trails);
		forget(best);
	}
	swap(trails, best);
	return true;
}

void trails_forget(struct trails *trails)
{
	forget(&trails->trail);
	for (int i = 0; trails->others && i < TRAILS_OTHERS; i++)
		forget(&trails->others[i]);
}

void trails_release(struct trails *trails)
{
	trail_release(&trails->trail);
	for (int i = 0; trails->others && i < TRAILS_OTHERS; i++)
		trail_release(&trails->others[i]);
	if (!trails->others)
		return;
	channel_free(trails->others, others_bytes());
	atomic_fetch_sub(&channel.memory, others_bytes());
}
