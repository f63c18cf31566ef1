/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps of a tree to lines. Nodes that go straight on follow each other, so that a run is counted where it begins.
 */
#include "report/tree_shape.h"

#include <stdlib.h>

void tree_shape_init(struct tree_shape *shape, const struct tree *tree)
{
	*shape = (struct tree_shape){.walk = {.tree = tree}};
	shape->levels = xcalloc(tree->nodes.count, sizeof(*shape->levels));
}

void tree_shape_release(struct tree_shape *shape)
{
	free(shape->levels);
	ARRAY_FREE(&shape->open);
}

static bool forks(const struct tree *tree, uint32_t node)
{
	return tree->nodes.items[node].n_shown + tree_shows_self(tree, node) > 1;
}

static uint32_t run_length(const struct tree *tree, uint32_t node)
{
	uint32_t length = 1;

	while (tree->nodes.items[node].n_shown == 1 && !forks(tree, node)) {
		node = tree->order[tree->nodes.items[node].children];
		length++;
	}
	return length;
}

static bool is_last(const struct tree *tree, uint32_t index)
{
	const struct tree_node *node = &tree->nodes.items[index], *parent = &tree->nodes.items[node->parent];

	return node->position + 1 == parent->children + parent->n_shown && parent->n_shown == parent->n_children;
}

static void place_node(struct tree_shape *shape, struct tree_line *line)
{
	const struct tree *tree = shape->walk.tree;
	const struct tree_node *node = &tree->nodes.items[line->node];

	line->cut = node->n_shown == 0 && node->n_children;
	if (line->node == 0) {
		line->run_length = 1;
		return;
	}
	line->branch = forks(tree, node->parent);
	line->level = shape->levels[node->parent] + line->branch;
	line->last = line->branch && is_last(tree, line->node);
	shape->levels[line->node] = line->level;
	if (line->branch || node->parent == 0) {
		shape->run = 0;
		shape->run_length = run_length(tree, line->node);
	}
	line->run = shape->run++;
	line->run_length = shape->run_length;
}

bool tree_shape_next(struct tree_shape *shape, struct tree_line *line)
{
	*line = (struct tree_line){0};
	do {
		line->step = tree_next(&shape->walk, &line->node);
		if (line->step == TREE_END)
			return false;
	} while (line->step == TREE_OTHERS && !forks(shape->walk.tree, line->node));
	if (line->step == TREE_NODE) {
		place_node(shape, line);
	} else {
		line->branch = true;
		line->level = shape->levels[line->node] + 1;
		line->last = line->step == TREE_OTHERS;
	}
	while (shape->open.count < line->level)
		ARRAY_PUSH(&shape->open);
	if (line->branch)
		shape->open.items[line->level - 1] = !line->last;
	return true;
}

bool tree_shape_open(const struct tree_shape *shape, uint32_t level)
{
	return shape->open.items[level - 1];
}
