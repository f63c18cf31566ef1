/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate for what became of blocks. The classes of sizes hold nothing that the traces do not: they add up to what those say
 * of all blocks and of live ones, so that rows by size and rows by place have the same sum. A life is a part of its trace.
 */
#include "model/snapshot.h"

static int bad(struct error *err, const char *table, size_t index, const char *what)
{
	return error_set(err, "%s %zu %s", table, index, what);
}

static bool in_range(uint64_t number)
{
	return number <= SNAPSHOT_SIZE_MAX;
}

/* False: the sum is over the range. */
static bool add(uint64_t *sum, uint64_t value)
{
	return !__builtin_add_overflow(*sum, value, sum) && in_range(*sum);
}

static bool add_counts(struct counts *sum, const struct counts *counts)
{
	return add(&sum->size, counts->size) && add(&sum->count, counts->count);
}

static int check_lives(const struct snapshot *snapshot, struct error *err)
{
	struct counts moved = {0, 0};

	if (snapshot->lives.count != (snapshot->keeps_lives ? snapshot->traces.count : 0))
		return error_set(err, "there are %zu lives of %zu traces", snapshot->lives.count, snapshot->traces.count);
	for (size_t i = 0; i < snapshot->lives.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		const struct life *life = &snapshot->lives.items[i];

		if (life->temporary.size > trace->total_size || life->temporary.count > trace->total_count)
			return bad(err, "life", i, "has more temporary blocks than its trace has blocks");
		if (life->grown > trace->total_count || life->moved.count > trace->total_count)
			return bad(err, "life", i, "has more blocks made by realloc than its trace has blocks");
		if (life->timed > trace->total_count)
			return bad(err, "life", i, "has more lifetimes than its trace has blocks");
		if (!life->timed && life->lifetime_ns)
			return bad(err, "life", i, "has a time of no blocks");
		if (!in_range(life->lifetime_ns))
			return bad(err, "life", i, "has a time over 2^63 - 1");
		if (!add_counts(&moved, &life->moved))
			return error_set(err, "the lives add up to more than 2^63 - 1");
	}
	return 0;
}

static int check_lifetimes(const struct snapshot *snapshot, struct error *err)
{
	struct counts all = {0, 0};
	uint64_t timed = 0;

	for (size_t i = 0; i < snapshot->lifetimes.count; i++) {
		const struct lifetime *lifetime = &snapshot->lifetimes.items[i];

		if (lifetime->class >= LIFETIME_CLASSES)
			return bad(err, "lifetime", i, "is over 2^63 - 1");
		if (i && lifetime->class <= lifetime[-1].class)
			return bad(err, "lifetime", i, "does not come after the one before it");
		if (!add_counts(&all, &lifetime->counts))
			return error_set(err, "the lifetimes add up to more than 2^63 - 1");
	}
	for (size_t i = 0; i < snapshot->lives.count; i++)
		timed += snapshot->lives.items[i].timed;
	if (snapshot->lifetimes.count && all.count != timed)
		return error_set(err, "the lifetimes are not those of the lives");
	return 0;
}

/* The classes from FIRST to END are all that TRACE has. */
static bool is_whole(const struct snapshot *snapshot, size_t trace, size_t first, size_t end)
{
	size_t moment = (size_t)(snapshot_default_moment(snapshot) - snapshot->moments.items);
	const struct counts *now = snapshot_counts(snapshot, moment, trace);
	struct counts total = {0, 0}, live = {0, 0};

	for (size_t i = first; i < end; i++)
		if (!add_counts(&total, &snapshot->sizes.items[i].total) || !add_counts(&live, &snapshot->sizes.items[i].live))
			return false;
	return total.size == snapshot->traces.items[trace].total_size && live.size == now->size &&
		total.count == snapshot->traces.items[trace].total_count && live.count == now->count;
}

static int check_size(const struct snapshot *snapshot, size_t i, struct error *err)
{
	const struct size_class *size = &snapshot->sizes.items[i], *before = size - 1;

	if (size->trace >= snapshot->traces.count)
		return bad(err, "size", i, "has a trace that is not there");
	if (!in_range(size->max))
		return bad(err, "size", i, "is larger than 2^63 - 1");
	if (size->min > size->max || size_class_of(size->min) != size_class_of(size->max))
		return bad(err, "size", i, "is not between two powers of two");
	if (i && (size->trace < before->trace ||
			 (size->trace == before->trace && size_class_of(size->min) <= size_class_of(before->max))))
		return bad(err, "size", i, "does not come after the one before it");
	return 0;
}

static int check_sizes(const struct snapshot *snapshot, struct error *err)
{
	size_t at = 0;

	if (snapshot->sizes.count && !snapshot->keeps_sizes)
		return error_set(err, "there are sizes that nobody kept");
	for (size_t i = 0; i < snapshot->sizes.count; i++)
		if (check_size(snapshot, i, err) < 0)
			return -1;
	for (size_t trace = 0; snapshot->keeps_sizes && trace < snapshot->traces.count; trace++) {
		size_t first = at;

		while (at < snapshot->sizes.count && snapshot->sizes.items[at].trace == trace)
			at++;
		if (!is_whole(snapshot, trace, first, at))
			return bad(err, "trace", trace, "is not the sum of its sizes");
	}
	return 0;
}

static int check_timeline(const struct snapshot *snapshot, struct error *err)
{
	for (size_t i = 0; i < snapshot->timeline.count; i++) {
		const struct point *point = &snapshot->timeline.items[i];

		if (!in_range(point->time_ns) || !in_range(point->high) || !in_range(point->live.count) || !in_range(point->rss))
			return bad(err, "point", i, "has a number over 2^63 - 1");
		if (point->live.size > point->high)
			return bad(err, "point", i, "has more live than its highest");
		if (i && point->time_ns < point[-1].time_ns)
			return bad(err, "point", i, "is before the one before it");
	}
	return 0;
}

int snapshot_check_lives(const struct snapshot *snapshot, struct error *err)
{
	if (check_lives(snapshot, err) < 0 || check_lifetimes(snapshot, err) < 0 || check_sizes(snapshot, err) < 0)
		return -1;
	return check_timeline(snapshot, err);
}
