/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that is free is how many blocks, of how many bytes, are kept; the other lots follow. As many
 * are kept as can be, since most blocks that are live twice are the same; if all of the smaller
 * side are, their bytes are given, else there is a range, and the least of it leaves room for the
 * others. Four numbers of blocks are tried: of a feasible set the largest is among them.
 */
#include "report/heaptrack_plan.h"

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether KEPT blocks can be kept, and how many bytes of them at least. */
static bool keeps(
	uint64_t kept, struct counts total, struct counts peak, struct counts end, uint64_t *bytes)
{
	uint64_t both = peak.size + end.size; /* both fit 63 bits */
	uint64_t low = minus(both, total.size), high = least(peak.size, end.size);
	uint64_t others = peak.count + end.count - kept;

	if (kept == 0)
		high = 0;
	if (kept == peak.count)
		low = most(low, peak.size);
	if (kept == end.count)
		low = most(low, end.size);
	/* No brief block may mean no brief byte. */
	if (others == total.count)
		high = least(high, minus(both, total.size));
	if (others > total.count || (others == total.count && both < total.size))
		return false;
	*bytes = low;
	return low <= high;
}

static void fill(struct heaptrack_plan *plan, struct counts kept, struct counts total,
	struct counts peak, struct counts end)
{
	struct counts *lots = plan->lots;

	*plan = (struct heaptrack_plan){0};
	lots[FATE_KEPT] = kept;
	lots[FATE_FREED] = (struct counts){peak.size - kept.size, peak.count - kept.count};
	lots[FATE_LATE] = (struct counts){end.size - kept.size, end.count - kept.count};
	lots[FATE_BRIEF] = (struct counts){minus(total.size, peak.size + end.size - kept.size),
		minus(total.count, peak.count + end.count - kept.count)};
}

/* One lot is there at the peak; it then loses or gains what the end has less or more. */
static bool fill_bytes(
	struct heaptrack_plan *plan, struct counts total, struct counts peak, struct counts end)
{
	struct counts *lots = plan->lots;
	uint64_t left = total.count;

	*plan = (struct heaptrack_plan){0};
	if (peak.size) {
		lots[FATE_KEPT] = (struct counts){peak.size,
			most(1, least(peak.count, left - (left && end.size > peak.size)))};
		left = minus(left, lots[FATE_KEPT].count);
	}
	if (end.size > peak.size) {
		lots[FATE_LATE] = (struct counts){
			end.size - peak.size, most(1, least(minus(end.count, peak.count), left))};
		left = minus(left, lots[FATE_LATE].count);
	}
	if (end.size < peak.size)
		lots[FATE_TRIMMED] = (struct counts){peak.size - end.size, 1};
	if (left)
		lots[FATE_BRIEF] = (struct counts){
			minus(total.size, lots[FATE_KEPT].size + lots[FATE_LATE].size), left};
	return left + lots[FATE_KEPT].count + lots[FATE_LATE].count == total.count;
}

bool heaptrack_plan(
	struct heaptrack_plan *plan, struct counts total, struct counts peak, struct counts end)
{
	uint64_t top = least(peak.count, end.count);
	uint64_t bottom = minus(peak.count + end.count, total.count);
	const uint64_t tries[] = {top, minus(top, 1), bottom + 1, bottom};

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		struct counts kept = {.count = tries[i]};

		if (tries[i] <= top && tries[i] >= bottom &&
			keeps(tries[i], total, peak, end, &kept.size)) {
			fill(plan, kept, total, peak, end);
			return true;
		}
	}
	return fill_bytes(plan, total, peak, end);
}

void heaptrack_plan_temporary(struct heaptrack_plan *plan, struct counts temporary)
{
	struct counts *brief = &plan->lots[FATE_BRIEF];
	struct counts part = {
		least(temporary.size, brief->size), least(temporary.count, brief->count)};

	/* No other block may mean no other byte. */
	if (part.count == brief->count)
		part.size = brief->size;
	if (part.count == 0)
		part.size = 0;
	plan->lots[FATE_TEMPORARY] = part;
	plan->lacks = temporary.count - part.count;
	brief->size -= part.size;
	brief->count -= part.count;
}
