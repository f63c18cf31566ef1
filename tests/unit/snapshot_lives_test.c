/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of blocks: classes, their order, their check, and several snapshots as one. */
#include <criterion/criterion.h>
#include "model/snapshot_merge.h"
#include "sample_snapshot.h"

Test(snapshot_lives, classes_end_at_powers_of_two)
{
	static const struct {
		uint64_t size;
		uint32_t class;
	} sizes[] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {8, 4}, {9, 5}, {1024, 11}, {1025, 12}, {INT64_MAX, 64},
		{1ull << 63, 64}, {UINT64_MAX, 65}};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		cr_assert_eq(size_class_of(sizes[i].size), sizes[i].class, "%zu", i);
	for (uint32_t class = 1; class < SIZE_CLASSES; class++) {
		cr_assert_eq(size_class_of(size_class_max(class)), class);
		cr_assert_eq(size_class_of(size_class_max(class) + 1), class + 1);
	}
	cr_assert_eq(lifetime_class_of(0), 0);
	cr_assert_eq(lifetime_class_of(1), 1);
	cr_assert_eq(lifetime_class_of(2), 2);
	cr_assert_eq(lifetime_class_of(3), 2);
	cr_assert_eq(lifetime_class_of(4), 3);
	cr_assert_eq(lifetime_class_of(INT64_MAX), 63);
}

Test(snapshot_lives, sizes_are_found_by_their_trace)
{
	struct snapshot *snapshot = sample_lives();
	const struct size_class *sizes;
	size_t n;

	sizes = snapshot_sizes_of(snapshot, 2, &n);
	cr_assert_eq(n, 2);
	cr_assert_eq(sizes[0].max, 0);
	cr_assert_eq(sizes[1].max, 4);
	sizes = snapshot_sizes_of(snapshot, 1, &n);
	cr_assert_eq(sizes[0].min, 1025);
	cr_assert_eq(sizes[0].max, 2048);
	cr_assert_eq(n, 1, "1025 and 2048 are of one class, so they are one row");
	cr_assert_null(snapshot_sizes_of(snapshot, 3, &n));
	cr_assert_eq(n, 0);
	snapshot_free(snapshot);
}

#define BREACH(change, line)                                                                       \
	do {                                                                                       \
		struct snapshot *s = sample_lives();                                               \
		struct error err_ = ERROR_INIT;                                                    \
		struct buffer file_ = {0};                                                         \
                                                                                                   \
		change;                                                                            \
		cr_assert_eq(snapshot_check(s, &err_), -1, "%s", line);                            \
		cr_assert_str_eq(err_.text, line);                                                 \
		snapshot_encode(s, &file_);                                                        \
		assert_refused(&file_, "corrupt: " line);                                          \
		snapshot_free(s);                                                                  \
	} while (0)

Test(snapshot_lives, every_breach_is_told)
{
	BREACH(s->lives.count--, "there are 2 lives of 3 traces");
	BREACH(s->lives.items[0].temporary.count++, "life 0 has more temporary blocks than its trace has blocks");
	BREACH(s->lives.items[0].temporary.size++, "life 0 has more temporary blocks than its trace has blocks");
	BREACH(s->lives.items[0].grown++, "life 0 has more blocks made by realloc than its trace has blocks");
	BREACH(s->lives.items[0].moved.count++, "life 0 has more blocks made by realloc than its trace has blocks");
	BREACH(s->lives.items[2].timed++, "life 2 has more lifetimes than its trace has blocks");
	BREACH(s->lives.items[1].lifetime_ns++, "life 1 has a time of no blocks");
	BREACH(s->lives.items[0].lifetime_ns++, "life 0 has a time over 2^63 - 1");
	BREACH(s->lives.items[2].moved.size++, "the lives add up to more than 2^63 - 1");
	BREACH(s->lifetimes.items[1].class = 64, "lifetime 1 is over 2^63 - 1");
	BREACH(s->lifetimes.items[1].class = 0, "lifetime 1 does not come after the one before it");
	BREACH(s->lifetimes.items[0].counts.size++, "the lifetimes add up to more than 2^63 - 1");
	BREACH(s->lifetimes.items[0].counts.count--, "the lifetimes are not those of the lives");
	BREACH(s->sizes.items[3].trace = 3, "size 3 has a trace that is not there");
	BREACH(s->sizes.items[0].max++, "size 0 is larger than 2^63 - 1");
	BREACH(s->sizes.items[1].min = 1024, "size 1 is not between two powers of two");
	BREACH(s->sizes.items[1].min = 2049, "size 1 is not between two powers of two");
	BREACH(s->sizes.items[2].trace = 0, "size 2 does not come after the one before it");
	BREACH(s->sizes.items[3].min = s->sizes.items[3].max = 0, "size 3 does not come after the one before it");
	BREACH(s->sizes.items[1].live.count++, "trace 1 is not the sum of its sizes");
	BREACH(s->sizes.items[1].total.size++, "trace 1 is not the sum of its sizes");
	BREACH(s->sizes.items[0].live.size = UINT64_MAX, "trace 0 is not the sum of its sizes");
	BREACH(s->sizes.count = 0, "trace 0 is not the sum of its sizes");
	BREACH(s->timeline.items[0].live.size++, "point 0 has more live than its highest");
	BREACH(s->timeline.items[1].rss++, "point 1 has a number over 2^63 - 1");
	BREACH((s->timeline.items[0].time_ns = 2, s->timeline.items[1].time_ns = 1), "point 1 is before the one before it");
}

static struct snapshot *merged(struct snapshot *a, struct snapshot *b, size_t n_notes, const char *note)
{
	struct merge_source sources[] = {{a, "a.snap"}, {b, "b.snap"}};
	struct merge_notes notes = {.only_wrong = false};
	struct error err = ERROR_INIT;
	struct snapshot *into = snapshot_merge(sources, 2, &notes, &err);

	cr_assert(into, "%s", err.text);
	cr_assert_eq(notes.all.count, n_notes);
	if (note)
		cr_assert_str_eq(notes.all.items[0], note);
	merge_notes_release(&notes);
	return into;
}

/* One trace, of which COUNT blocks of SIZE came and went, with points at the times from FIRST on. */
static struct snapshot *small(uint64_t size, uint64_t count, uint64_t first)
{
	struct snapshot *snapshot = snapshot_new();
	struct error err = ERROR_INIT;

	ARRAY_PUSH(&snapshot->moments)->name = sample_name(snapshot, "exit");
	*ARRAY_PUSH(&snapshot->traces) = (struct trace){.thread = INDEX_NONE, .total_size = size * count, .total_count = count};
	snapshot_alloc_counts(snapshot);
	snapshot_alloc_lives(snapshot);
	snapshot->run.pid = (int64_t)first + 1;
	snapshot->lives.items[0] = (struct life){{size, 1}, {size, 1}, 1, count, 10 * count};
	*ARRAY_PUSH(&snapshot->lifetimes) = (struct lifetime){lifetime_class_of(35), {size * count, count}};
	snapshot->keeps_sizes = true;
	*ARRAY_PUSH(&snapshot->sizes) = (struct size_class){0, size, size, {size * count, count}, {0, 0}};
	for (uint64_t i = 0; i < 3; i++)
		*ARRAY_PUSH(&snapshot->timeline) = (struct point){first + i * 1023, {i == 1 ? size : 0, i == 1}, i ? size : 0, 4096 * size};
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	return snapshot;
}

Test(snapshot_lives, merged_they_add_up)
{
	struct snapshot *a = small(10, 4, 0), *b = small(12, 3, 1023), *into;
	const struct life *life;

	/* Of parts that nobody knows, since else each has its traces. */
	ARRAY_PUSH(&a->run.parts);
	ARRAY_PUSH(&b->run.parts);
	into = merged(a, b, 0, NULL);
	life = &into->lives.items[0];
	cr_assert_eq(into->traces.count, 1);
	cr_assert_eq(life->temporary.size, 22);
	cr_assert_eq(life->temporary.count, 2);
	cr_assert_eq(life->moved.count, 2);
	cr_assert_eq(life->grown, 2);
	cr_assert_eq(life->timed, 7);
	cr_assert_eq(life->lifetime_ns, 35, "4 of 40 and 3 of 30 are 250 / 7");
	cr_assert_eq(into->lifetimes.count, 1);
	cr_assert_eq(into->lifetimes.items[0].counts.size, 76);
	cr_assert_eq(into->lifetimes.items[0].counts.count, 7);
	cr_assert_eq(into->sizes.count, 1);
	cr_assert_eq(into->sizes.items[0].min, 10);
	cr_assert_eq(into->sizes.items[0].max, 12);
	cr_assert_eq(into->sizes.items[0].total.size, 76);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(into);
}

static const struct point *point_at(const struct snapshot *snapshot, uint64_t time_ns)
{
	for (size_t i = 0; i < snapshot->timeline.count; i++)
		if (snapshot->timeline.items[i].time_ns == time_ns)
			return &snapshot->timeline.items[i];
	cr_assert(false, "there is no point at %lu", time_ns);
	return NULL;
}

/* a has 10 from 1023 until 2046, b 12 from 2046 until 3069: a point each 3. */
Test(snapshot_lives, timelines_are_one_over_the_time_of_all)
{
	struct snapshot *a = small(10, 4, 0), *b = small(12, 3, 1023), *into = merged(a, b, 0, NULL);

	cr_assert_eq(into->timeline.count, TIMELINE_MAX);
	cr_assert_eq(point_at(into, 0)->live.size, 0);
	cr_assert_eq(point_at(into, 1020)->live.size, 0);
	cr_assert_eq(point_at(into, 1020)->high, 10, "a may have had it then");
	cr_assert_eq(point_at(into, 1020)->rss, 40960);
	cr_assert_eq(point_at(into, 1023)->live.size, 10);
	cr_assert_eq(point_at(into, 2043)->live.size, 10);
	cr_assert_eq(point_at(into, 2043)->high, 22);
	cr_assert_eq(point_at(into, 2043)->rss, 22 * 4096);
	cr_assert_eq(point_at(into, 2046)->live.size, 12);
	cr_assert_eq(point_at(into, 3066)->live.size, 12, "a has ended");
	cr_assert_eq(point_at(into, 3066)->rss, 12 * 4096);
	cr_assert_eq(point_at(into, 3069)->live.size, 0);
	b->timeline.items[1].rss = 0;
	snapshot_free(into);
	into = merged(a, b, 0, NULL);
	cr_assert_eq(point_at(into, 1020)->rss, 40960);
	cr_assert_eq(point_at(into, 1500)->rss, 0, "nobody knows b's");
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(into);
}

Test(snapshot_lives, what_not_all_know_is_left_out)
{
	struct snapshot *a = small(10, 4, 0), *b = small(12, 3, 1023), *into;

	b->keeps_lives = b->keeps_sizes = false;
	b->lives.count = b->lifetimes.count = b->sizes.count = b->timeline.count = 0;
	into = merged(a, b, 3, "what became of blocks is left out: not all of the snapshots tell it");
	cr_assert_not(into->keeps_lives);
	cr_assert_not(into->keeps_sizes);
	cr_assert_eq(into->lives.count + into->lifetimes.count + into->sizes.count + into->timeline.count, 0);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(into);
}
