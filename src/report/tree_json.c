/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace-tree/1: the nodes that are shown, in the order of the table, each with the number of its parent. They are not
 * nested, since stacks are deeper than what readers of JSON take. For each node: size = self_size + those of its children +
 * others.size.
 */
#include "report/emit.h"
#include "report/frame_json.h"
#include "report/metric.h"
#include "report/printer.h"
#include "report/query_json.h"
#include "report/snapshot_json.h"

static void sums(struct emitter *emitter, const struct tree *tree, const struct tree_sum *now, const struct tree_sum *old)
{
	emit_int(emitter, "size", now->size);
	if (tree->is_diff)
		emit_int(emitter, "size_diff", now->size - old->size);
	emit_int(emitter, "count", now->count);
	if (tree->is_diff)
		emit_int(emitter, "count_diff", now->count - old->count);
}

static void self(struct emitter *emitter, const struct tree *tree, const struct tree_node *node)
{
	emit_int(emitter, "self_size", node->self.size);
	if (tree->is_diff)
		emit_int(emitter, "self_size_diff", node->self.size - node->old_self.size);
	emit_int(emitter, "self_count", node->self.count);
	if (tree->is_diff)
		emit_int(emitter, "self_count_diff", node->self.count - node->old_self.count);
}

static void node(struct emitter *emitter, const struct tree *tree, uint32_t index)
{
	const struct tree_node *node = &tree->nodes.items[index];
	struct tree_sum now, old;
	uint32_t others = tree_others(tree, index, &now, &old);

	emit_begin(emitter, NULL, '{');
	emit_uint(emitter, "node", index);
	if (index)
		emit_uint(emitter, "parent", node->parent);
	else
		emit_null(emitter, "parent");
	emit_uint(emitter, "depth", node->depth);
	sums(emitter, tree, &node->total, &node->old_total);
	self(emitter, tree, node);
	if (index) {
		struct row_frame frame = tree_frame(tree, index);

		frame_json(emitter, "frame", &frame);
	} else {
		emit_null(emitter, "frame");
	}
	emit_begin(emitter, "others", '{');
	emit_uint(emitter, "nodes", others);
	sums(emitter, tree, &now, &old);
	emit_end(emitter);
	emit_end(emitter);
}

static void moment(struct emitter *emitter, const char *key, const struct side *side)
{
	const struct snapshot *snapshot = side->snapshot;

	emit_id(emitter, key, snapshot->strings, snapshot->moments.items[side->moment].name);
}

static void question(struct emitter *emitter, const struct tree *tree)
{
	const struct tree_query *query = tree->query;

	emit_string(emitter, "schema", "memtrace-tree/1");
	emit_string(emitter, "kind", tree->is_diff ? "diff" : "top");
	emit_string(emitter, "by", query_by_name(query->query->by));
	emit_bool(emitter, "inverted", query->inverted);
	emit_string(emitter, "metric", metric_name(query->metric));
	emit_uint(emitter, "threshold", tree->threshold);
	if (query->depth)
		emit_uint(emitter, "depth", query->depth);
	else
		emit_null(emitter, "depth");
	moment(emitter, "moment", &tree->now);
	if (tree->is_diff) {
		moment(emitter, "old_moment", &tree->before);
		snapshot_json(emitter, "old", tree->before.snapshot, tree->before.file);
		snapshot_json(emitter, "new", tree->now.snapshot, tree->now.file);
	} else {
		snapshot_json(emitter, "snapshot", tree->now.snapshot, tree->now.file);
	}
	query_json(emitter, query->query);
}

void tree_json(const struct tree *tree, struct out *out)
{
	struct emitter emitter = {.out = out};
	struct tree_walk walk = {.tree = tree};
	enum tree_step step;
	uint32_t index;

	emit_begin(&emitter, NULL, '{');
	question(&emitter, tree);
	emit_begin(&emitter, "total", '{');
	sums(&emitter, tree, &tree->nodes.items[0].total, &tree->nodes.items[0].old_total);
	emit_uint(&emitter, "nodes", tree->nodes.count);
	emit_end(&emitter);
	emit_begin(&emitter, "nodes", '[');
	while ((step = tree_next(&walk, &index)) != TREE_END && !out->failed) {
		if (step == TREE_NODE)
			node(&emitter, tree, index);
	}
	emit_end(&emitter);
	emit_end(&emitter);
}
