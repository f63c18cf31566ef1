/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes that are shown as comma-separated values, each with the number of its parent; names as they are.
 */
#include <inttypes.h>
#include "report/csv.h"
#include "report/printer.h"

static void field(struct out *out, const struct name *name)
{
	out_text(out, ",");
	if (name->data)
		csv_field(out, name->data, name->size);
}

static void node_write(const struct tree *tree, uint32_t index, struct out *out)
{
	const struct tree_node *node = &tree->nodes.items[index];
	struct row_frame frame = {.lineno = 0};

	if (index) {
		frame = tree_frame(tree, index);
		out_format(out, "%" PRIu32 ",%" PRIu32, index, node->parent);
	} else {
		out_text(out, "0,");
	}
	out_format(out, ",%" PRIu32, node->depth);
	field(out, &frame.function);
	field(out, &frame.filename);
	if (index)
		out_format(out, ",%" PRIu32, frame.lineno);
	else
		out_text(out, ",");
	field(out, &frame.module);
	out_format(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, node->total.size, node->total.count, node->self.size,
		node->self.count);
	if (tree->is_diff)
		out_format(out, ",%" PRId64 ",%" PRId64, node->total.size - node->old_total.size,
			node->total.count - node->old_total.count);
	out_text(out, "\n");
}

void tree_csv(const struct tree *tree, struct out *out)
{
	struct tree_walk walk = {.tree = tree};
	enum tree_step step;
	uint32_t index;

	out_format(out, "node,parent,depth,function,filename,lineno,module,size,count,self_size,self_count%s\n",
		tree->is_diff ? ",size_diff,count_diff" : "");
	while ((step = tree_next(&walk, &index)) != TREE_END && !out->failed) {
		if (step == TREE_NODE)
			node_write(tree, index, out);
	}
}
