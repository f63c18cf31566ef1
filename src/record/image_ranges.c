/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mappings to accounts, as image.c does it with blocks. A mapping lives until its last piece goes.
 */
#include <stdlib.h>
#include "record/image_ranges.h"

void image_unmap(struct image *image, struct range_cuts *cuts, const struct event *event)
{
	uint64_t end = event->addr + event->size;

	cuts->count = 0;
	if (end < event->addr)
		end = UINT64_MAX;
	ranges_cut(&image->ranges, event->domain, event->addr, end, event->tick, cuts);
	unmaps_add(&image->unmaps, &(struct unmap){ event->domain, event->addr, end, event->tick });
	for (size_t i = 0; i < cuts->count; i++) {
		struct range_cut *cut = &cuts->items[i];
		struct ledger_trace *trace = &image->ledger.traces.items[cut->trace];

		cut->timed = cut->last && cut->born && cut->born <= event->tick;
		if (cut->timed)
			cut->lifetime_ns = ledger_lived(&image->ledger, trace, cut->whole, event->tick - cut->born);
		ledger_free(&image->ledger, cut->trace, cut->end - cut->start, cut->last);
	}
}

/* A mapping older than events that have been seen: what is left of it takes its place. */
static void on_late_map(struct image *image, const struct event *event, uint32_t trace)
{
	const struct range whole = { event->domain, 0, event->addr, event->addr + event->size };
	struct ranges left = { 0 };
	struct range_cuts cuts = { 0 };
	uint32_t mapping = INDEX_NONE;

	ledger_alloc(&image->ledger, trace, event->size);
	ranges_add(&left, &whole, trace, event->size, event->tick);
	unmaps_apply(&image->unmaps, event->domain, event->tick, &left, &cuts);
	for (size_t i = 0; i < cuts.count; i++)
		ledger_free(&image->ledger, trace, cuts.items[i].end - cuts.items[i].start, cuts.items[i].last);
	for (size_t i = 0; i < left.chunks.count; i++)
		for (uint32_t k = 0; k < left.chunks.items[i]->count; k++) {
			const struct range *piece = &left.chunks.items[i]->items[k];
			const struct range_cut again = { .domain = event->domain, .trace = trace, .mapping = mapping,
				.start = piece->start, .end = piece->end, .whole = event->size, .born = event->tick };

			if (!ranges_free(&image->ranges, event->domain, piece->start, piece->end))
				ledger_free(&image->ledger, trace, piece->end - piece->start, 0);
			else if (mapping == INDEX_NONE)
				mapping = ranges_add(&image->ranges, piece, trace, event->size, event->tick);
			else
				ranges_put_back(&image->ranges, &again);
		}
	if (mapping == INDEX_NONE && left.count)
		ledger_free(&image->ledger, trace, 0, 1);
	free(cuts.items);
	ranges_release(&left);
}

void image_map(struct image *image, uint32_t thread, const struct event *event)
{
	uint32_t trace = ledger_trace(&image->ledger, event->trace, event->domain, thread, event->size);
	struct range_cuts covered = { 0 };

	if (!event->size || event->addr + event->size < event->addr)
		return;
	image_unmap(image, &covered, event);
	free(covered.items);
	if (event->tick < image->latest) {
		on_late_map(image, event, trace);
		return;
	}
	ledger_alloc(&image->ledger, trace, event->size);
	ranges_add(&image->ranges, &(struct range){ event->domain, 0, event->addr, event->addr + event->size }, trace,
		event->size, event->tick);
}

void image_undo_unmap(struct image *image, struct range_cuts *cuts, const struct event *event)
{
	unmaps_take_back(&image->unmaps, event->domain, event->addr);
	for (size_t i = 0; i < cuts->count; i++) {
		const struct range_cut *cut = &cuts->items[i];
		bool alone;

		if (!ranges_free(&image->ranges, cut->domain, cut->start, cut->end))
			continue;
		alone = ranges_put_back(&image->ranges, cut);
		ledger_unfree(&image->ledger, cut->trace, cut->end - cut->start, alone);
		if (cut->timed)
			ledger_unlived(&image->ledger, cut->trace, cut->whole, cut->lifetime_ns);
	}
	cuts->count = 0;
}
