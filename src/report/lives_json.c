/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only traces that have something to tell have a row among the lives. A class of lifetimes is named by the shortest of
 * its times: what the longest is below can be 2^63, which is no number of ours.
 */
#include "report/lives_json.h"

static bool is_empty(const struct life *life)
{
	return !life->temporary.count && !life->moved.count && !life->grown && !life->timed;
}

static void lives(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "lives", '[');
	for (size_t i = 0; i < snapshot->lives.count; i++) {
		const struct life *life = &snapshot->lives.items[i];

		if (is_empty(life))
			continue;
		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "trace", i);
		emit_uint(emitter, "temporary_size", life->temporary.size);
		emit_uint(emitter, "temporary_count", life->temporary.count);
		emit_uint(emitter, "moved_size", life->moved.size);
		emit_uint(emitter, "moved_count", life->moved.count);
		emit_uint(emitter, "grown_count", life->grown);
		emit_uint(emitter, "timed_count", life->timed);
		emit_uint(emitter, "lifetime_ns", life->lifetime_ns);
		emit_end(emitter);
	}
	emit_end(emitter);
}

void lifetimes_json(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "lifetimes", '[');
	for (size_t i = 0; i < snapshot->lifetimes.count; i++) {
		const struct lifetime *lifetime = &snapshot->lifetimes.items[i];

		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "from_ns", lifetime->class ? 1ull << (lifetime->class - 1) : 0);
		emit_uint(emitter, "size", lifetime->counts.size);
		emit_uint(emitter, "count", lifetime->counts.count);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void sizes(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "sizes", '[');
	for (size_t i = 0; i < snapshot->sizes.count; i++) {
		const struct size_class *size = &snapshot->sizes.items[i];

		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "trace", size->trace);
		emit_uint(emitter, "min", size->min);
		emit_uint(emitter, "max", size->max);
		emit_uint(emitter, "total_size", size->total.size);
		emit_uint(emitter, "total_count", size->total.count);
		emit_uint(emitter, "size", size->live.size);
		emit_uint(emitter, "count", size->live.count);
		emit_end(emitter);
	}
	emit_end(emitter);
}

static void timeline(struct emitter *emitter, const struct snapshot *snapshot)
{
	emit_begin(emitter, "timeline", '[');
	for (size_t i = 0; i < snapshot->timeline.count; i++) {
		const struct point *point = &snapshot->timeline.items[i];

		emit_begin(emitter, NULL, '{');
		emit_uint(emitter, "time_ns", point->time_ns);
		emit_uint(emitter, "size", point->live.size);
		emit_uint(emitter, "count", point->live.count);
		emit_uint(emitter, "high", point->high);
		emit_known(emitter, "rss", point->rss);
		emit_end(emitter);
	}
	emit_end(emitter);
}

void document_lives(struct emitter *emitter, const struct snapshot *snapshot)
{
	if (snapshot->keeps_lives)
		lives(emitter, snapshot);
	if (snapshot->lifetimes.count)
		lifetimes_json(emitter, snapshot);
	if (snapshot->keeps_sizes)
		sizes(emitter, snapshot);
	if (snapshot->timeline.count)
		timeline(emitter, snapshot);
}
