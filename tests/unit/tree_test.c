/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Call trees: sums, order, thresholds, depth; what is drawn is printer_test.c's. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "model/snapshot_build.h"
#include "printed.h"
#include "report/tree.h"

#define TREE_QUERY(...) ((struct tree_query){__VA_ARGS__})

static struct tree made(const struct snapshot *old, const struct snapshot *new, const struct tree_query *query)
{
	struct side before = {old, "old.snap", 0}, now = {new, "new.snap", 0};
	struct error err = ERROR_INIT;
	struct tree tree;

	cr_assert_eq(tree_make(&tree, query, old ? &before : NULL, &now, &err), 0, "%s", err.text);
	return tree;
}

/* Every node's sums are its own and its children's, and each child is there once. */
static void assert_sums(const struct tree *tree)
{
	size_t children = 0;

	for (size_t i = 0; i < tree->nodes.count; i++) {
		const struct tree_node *node = &tree->nodes.items[i];
		struct tree_sum sum = node->self, old = node->old_self;

		children += node->n_children;
		for (uint32_t k = 0; k < node->n_children; k++) {
			const struct tree_node *child = &tree->nodes.items[tree->order[node->children + k]];

			cr_assert_eq(child->parent, i);
			cr_assert_eq(child->depth, node->depth + 1);
			cr_assert(k == 0 || tree->nodes.items[tree->order[node->children + k - 1]].weight >= child->weight);
			sum.size += child->total.size;
			sum.count += child->total.count;
			old.size += child->old_total.size;
			old.count += child->old_total.count;
		}
		cr_assert_eq(memcmp(&sum, &node->total, sizeof(sum)), 0, "node %zu", i);
		cr_assert_eq(memcmp(&old, &node->old_total, sizeof(old)), 0, "node %zu", i);
	}
	cr_assert_eq(children, tree->nodes.count - 1);
}

/* "depth:function:size:count" of what is shown, one behind the other. */
static char *shown(const struct tree *tree)
{
	struct tree_walk walk = {.tree = tree};
	enum tree_step step;
	struct tree_sum now, old;
	char *text = NULL;
	size_t size;
	uint32_t index;
	FILE *stream = open_memstream(&text, &size);

	while ((step = tree_next(&walk, &index)) != TREE_END) {
		const struct tree_node *node = &tree->nodes.items[index];
		uint32_t others = tree_others(tree, index, &now, &old);
		struct row_frame frame = index ? tree_frame(tree, index) : (struct row_frame){.function = {"all", 3}};

		if (step == TREE_NODE)
			fprintf(stream, "%u:%.*s:%ld:%ld ", node->depth, (int)frame.function.size, frame.function.data,
				(long)node->total.size, (long)node->total.count);
		else if (step == TREE_SELF)
			fprintf(stream, "self:%ld:%ld ", (long)node->self.size, (long)node->self.count);
		else
			fprintf(stream, "others%u:%ld ", others, (long)now.size);
	}
	fclose(stream);
	return text;
}

static void assert_shown(const struct snapshot *old, const struct snapshot *new, const struct tree_query *query, const char *want)
{
	struct tree tree = made(old, new, query);

	assert_sums(&tree);
	assert_text(shown(&tree), want);
	tree_release(&tree);
}

#define TRACE(size, count, more, ...) "{'size': " #size ", 'count': " #count more ", 'frames': [" __VA_ARGS__ "]}"
#define DOCUMENT(...) "{'schema': 'memtrace-snapshot/1', 'traces': [" __VA_ARGS__ "]}"
/* Lines decide, so each function has its own. */
#define MAIN "{'filename': 'a.c', 'lineno': 1, 'function': 'main'}"
#define LOAD "{'filename': 'a.c', 'lineno': 2, 'function': 'load'}"
#define MAKE "{'filename': 'a.c', 'lineno': 3, 'function': 'make'}"
#define INIT "{'filename': 'b.c', 'lineno': 4, 'function': 'init'}"

#define SIMPLE DOCUMENT(TRACE(50, 2, "", MAKE ", " LOAD ", " MAIN) ", " TRACE(10, 5, "", MAKE ", " LOAD ", " LOAD ", " MAIN) ", " \
	TRACE(30, 1, ", 'total_size': 1000, 'total_count': 3", INIT ", " MAIN) ", " TRACE(9, 1, "", MAIN) ", " TRACE(1, 1, "", MAKE))

Test(tree, from_the_root)
{
	struct snapshot *snapshot = imported(SIMPLE);
	struct query query = QUERY_INIT;

	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query),
		"0:all:100:10 1:main:99:9 self:9:1 2:load:60:7 3:make:50:2 3:load:10:5 4:make:10:5 2:init:30:1 1:make:1:1 ");
	snapshot_free(snapshot);
}

/* Recursion stays: load is there below load. */
Test(tree, inverted)
{
	struct snapshot *snapshot = imported(SIMPLE);
	struct query query = QUERY_INIT;

	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .inverted = true),
		"0:all:100:10 1:make:61:8 self:1:1 2:load:60:7 3:main:50:2 3:load:10:5 4:main:10:5 1:init:30:1 2:main:30:1 1:main:9:1 ");
	snapshot_free(snapshot);
}

Test(tree, metrics)
{
	struct snapshot *snapshot = imported(SIMPLE);
	struct query query = QUERY_INIT;

	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .metric = METRIC_COUNT, .has_weight = true, .weight = 2),
		"0:all:100:10 1:main:99:9 2:load:60:7 3:load:10:5 4:make:10:5 3:make:50:2 others1:30 others1:1 ");
	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .metric = METRIC_TOTAL_SIZE, .depth = 2),
		"0:all:1070:12 1:main:1069:11 self:9:1 2:init:1000:3 2:load:60:7 others2:60 1:make:1:1 ");
	snapshot_free(snapshot);
}

/* A share is of the whole, and what has exactly that much is shown. */
Test(tree, threshold)
{
	struct snapshot *snapshot = imported(SIMPLE);
	struct query query = QUERY_INIT;

	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .percent = 30),
		"0:all:100:10 1:main:99:9 2:load:60:7 3:make:50:2 others1:10 2:init:30:1 others1:1 ");
	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .percent = 100), "0:all:100:10 others2:100 ");
	assert_shown(NULL, snapshot, &TREE_QUERY(.query = &query, .depth = 1), "0:all:100:10 1:main:99:9 others2:90 1:make:1:1 ");
	snapshot_free(snapshot);
}

Test(tree, what_a_threshold_is)
{
	struct tree_query query = {.percent = 3};
	struct error err = ERROR_INIT;
	static const char *const wrong[] = {"", "%", "x", "-1", "1%%", "101%", "1 %", "nan%", "inf", "0x1%x", "5KK", " 1%", "1e999%"};

	cr_assert_eq(tree_threshold_parse(&query, "64K", &err), 0);
	cr_assert(query.has_weight);
	cr_assert_eq(query.weight, 65536);
	cr_assert_eq(tree_threshold_parse(&query, "0.5%", &err), 0);
	cr_assert(!query.has_weight);
	cr_assert_eq(query.percent, 0.5);
	cr_assert_eq(tree_threshold_parse(&query, "0", &err), 0);
	cr_assert(query.has_weight && query.weight == 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_eq(tree_threshold_parse(&query, wrong[i], &err), -1, "%s", wrong[i]);
}

/* What moved both ways below a node is not lost in its sum. */
Test(tree, difference)
{
	struct snapshot *old = imported(DOCUMENT(TRACE(50, 2, "", MAKE ", " MAIN) ", " TRACE(10, 1, "", INIT ", " MAIN) ", "
		TRACE(5, 1, "", LOAD)));
	struct snapshot *new = imported(DOCUMENT(TRACE(40, 1, "", MAKE ", " MAIN) ", " TRACE(20, 1, "", INIT ", " MAIN) ", "
		TRACE(5, 1, "", LOAD)));
	struct query query = QUERY_INIT;
	struct tree tree = made(old, new, &TREE_QUERY(.query = &query, .percent = 1));

	assert_sums(&tree);
	cr_assert_eq(tree.nodes.items[0].weight, 20);
	assert_text(shown(&tree), "0:all:65:3 1:main:60:2 2:make:40:1 2:init:20:1 others1:5 ");
	tree_release(&tree);
	/* Nothing changed: nothing is told, unless all is. */
	assert_shown(old, old, &TREE_QUERY(.query = &query, .percent = 1), "0:all:65:4 others2:65 ");
	assert_shown(old, old, &TREE_QUERY(.query = &query, .has_weight = true),
		"0:all:65:4 1:main:60:3 2:make:50:2 2:init:10:1 1:load:5:1 ");
	snapshot_free(old);
	snapshot_free(new);
}

/* The root's sums are those of a table with the same question, whatever it is. */
Test(tree, agrees_with_the_table)
{
	struct snapshot *old = imported_file("tests/golden/old.json"), *new = imported_file("tests/golden/new.json");

	for (int question = 0; question < 32; question++) {
		struct side before = {old, "old.snap", 0}, now = {new, "new.snap", 0};
		struct query query = QUERY_INIT;
		struct error err = ERROR_INIT;
		struct tree_query tree_query = {.query = &query, .inverted = question & 1};
		struct table table;
		struct tree tree;

		query.by = question & 2 ? BY_FUNCTION : BY_LINENO;
		query.hide_standard = question & 4;
		if (question & 8)
			filters_add_text(&query.filters, true, "*.c")->all_frames = question & 16;
		else if (question & 16)
			query.only_domain = DOMAIN_MALLOC;
		cr_assert_eq(table_diff(&table, &query, &before, &now, &err), 0, "%s", err.text);
		tree = made(old, new, &tree_query);
		assert_sums(&tree);
		cr_assert_eq(tree.nodes.items[0].total.size, table.size);
		cr_assert_eq(tree.nodes.items[0].total.count, table.count);
		cr_assert_eq(tree.nodes.items[0].total.size - tree.nodes.items[0].old_total.size, table.size_diff);
		tree_release(&tree);
		table_release(&table);
		query_release(&query);
	}
	snapshot_free(old);
	snapshot_free(new);
}

Test(tree, nothing_and_the_unknown)
{
	struct snapshot *nothing = imported(DOCUMENT());
	struct snapshot *unknown = imported(DOCUMENT(TRACE(7, 1, "", "")));
	struct query query = QUERY_INIT;
	struct tree tree;

	assert_shown(NULL, nothing, &TREE_QUERY(.query = &query, .percent = 1), "0:all:0:0 ");
	tree = made(NULL, unknown, &TREE_QUERY(.query = &query));
	cr_assert_eq(tree.nodes.count, 2);
	cr_assert_str_eq(tree_frame(&tree, 1).filename.data, SNAPSHOT_UNKNOWN);
	cr_assert_eq(tree.nodes.items[1].self.size, 7);
	tree_release(&tree);
	snapshot_free(nothing);
	snapshot_free(unknown);
}

static uint32_t location_at(struct snapshot_builder *builder, uint32_t lineno)
{
	struct frame frame = {.filename = strings_add(builder->snapshot->strings, "a.c"), .lineno = lineno};
	struct location location = {.module = INDEX_NONE};

	return builder_location(builder, &location, &frame, 1);
}

static struct snapshot *grown(uint32_t n_traces, uint32_t depth)
{
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_builder builder;
	struct error err = ERROR_INIT;

	builder_init(&builder, snapshot);
	ARRAY_PUSH(&snapshot->moments)->name = strings_add(snapshot->strings, "exit");
	for (uint32_t i = 0; i < n_traces; i++) {
		uint32_t stack = 0;

		for (uint32_t k = 0; k < depth; k++)
			stack = builder_stack(&builder, stack, location_at(&builder, 1 + (k == 0 ? i : k % 50)));
		builder_trace(&builder, stack, depth, DOMAIN_MALLOC, INDEX_NONE);
	}
	builder_release(&builder);
	snapshot_alloc_counts(snapshot);
	for (uint32_t i = 0; i < n_traces; i++)
		*snapshot_counts(snapshot, 0, i) = (struct counts){i + 1, 1};
	cr_assert_eq(snapshot_sum(snapshot, &err), 0);
	return snapshot;
}

/* As deep as stacks may be, and as many nodes as a long run has. */
Test(tree, deep_and_wide)
{
	struct snapshot *deep = grown(2, 65535), *wide = grown(20000, 50);
	struct query query = QUERY_INIT;

	for (int inverted = 0; inverted < 2; inverted++) {
		struct tree_query tree_query = {.query = &query, .inverted = inverted};
		struct tree tree = made(NULL, deep, &tree_query);
		struct tree_walk walk = {.tree = &tree};
		size_t steps = 0;
		uint32_t index;

		cr_assert_eq(tree.nodes.items[tree.nodes.count - 1].depth, 65535);
		while (tree_next(&walk, &index) != TREE_END)
			steps++;
		cr_assert_eq(steps, tree.nodes.count);
		tree_release(&tree);
		tree = made(NULL, wide, &tree_query);
		cr_assert_eq(tree.nodes.count, inverted ? 20000 + 50 : 1000001);
		cr_assert_eq(tree.nodes.items[0].total.size, 200010000);
		tree_release(&tree);
	}
	snapshot_free(deep);
	snapshot_free(wide);
}
