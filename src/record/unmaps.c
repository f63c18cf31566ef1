/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of the last ones: what comes later than that many others is taken as it was asked for. */
#include "record/unmaps.h"

void unmaps_add(struct unmaps *unmaps, const struct unmap *unmap)
{
	unmaps->items[unmaps->next++ % UNMAPS] = *unmap;
}

void unmaps_take_back(struct unmaps *unmaps, uint32_t domain, uint64_t start)
{
	for (uint32_t back = 1; back <= UNMAPS; back++) {
		struct unmap *unmap = &unmaps->items[(unmaps->next - back) % UNMAPS];

		if (unmap->tick && unmap->domain == domain && unmap->start == start) {
			unmap->tick = 0;
			return;
		}
	}
}

void unmaps_apply(const struct unmaps *unmaps, uint32_t domain, uint64_t tick, struct ranges *ranges, struct range_cuts *cuts)
{
	for (uint32_t i = 0; i < UNMAPS; i++) {
		const struct unmap *unmap = &unmaps->items[i];

		if (unmap->tick > tick && unmap->domain == domain)
			ranges_cut(ranges, domain, unmap->start, unmap->end, unmap->tick, cuts);
	}
}
