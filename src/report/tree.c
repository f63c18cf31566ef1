/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From traces to nodes. A node is a key, a chain of places: from the root a stack's chain continues its parent's and is made
 * once (chain.h); inverted, each trace is walked from its most recent frame outwards. Each trace's counts are added to one
 * node alone, its last; then the totals are summed in one pass from the last node to the first, since a parent has the lower
 * number. No function here calls itself: stacks are as deep as 65535 frames.
 *
 * Cost: from the root O(stacks + traces), inverted O(traces × depth); about 150 bytes a node.
 */
#include "report/tree.h"

#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "report/chain.h"
#include "report/metric.h"

/* One side's traces on their way into the tree. */
struct pass {
	struct tree *tree;
	const struct side *side;
	bool old;
	struct view view;
	struct placer placer;
	struct chains chains;
	struct tree_sum sum; /* of all */
};

/* A key that was made has its node. */
static struct tree_node *node_of(struct tree *tree, uint32_t key)
{
	while (tree->nodes.count <= key) {
		uint32_t number = (uint32_t)tree->nodes.count;
		struct tree_node *node = ARRAY_PUSH(&tree->nodes);

		node->parent = tree->keys.keys.items[number].parent;
		node->depth = tree->keys.keys.items[number].depth;
		ARRAY_PUSH(&tree->sights);
	}
	return &tree->nodes.items[key];
}

static void seen(void *data, uint32_t key, const struct view_frame *frame)
{
	struct pass *pass = data;

	node_of(pass->tree, key);
	sight_add(&pass->tree->sights.items[key], &pass->placer, frame);
}

static uint32_t inverted_chain(struct pass *pass, uint32_t stack)
{
	struct view_walk walk = view_walk(&pass->view, stack);
	struct view_frame frame;
	uint32_t key = 0;

	while (view_next(&walk, &frame)) {
		key = keys_add(&pass->tree->keys, key, placer_place(&pass->placer, &frame));
		seen(pass, key, &frame);
	}
	return key;
}

static int add_trace(struct pass *pass, size_t index, struct counts counts, struct error *err)
{
	uint32_t stack = pass->view.snapshot->traces.items[index].stack;
	uint32_t key = pass->tree->query->inverted ? inverted_chain(pass, stack) : chain_of(&pass->chains, stack);
	struct tree_node *node = node_of(pass->tree, key);
	struct tree_sum *self = pass->old ? &node->old_self : &node->self;

	/* No node's sum is over that of all, so this one is enough. */
	if (__builtin_add_overflow(pass->sum.size, counts.size, &pass->sum.size) ||
		__builtin_add_overflow(pass->sum.count, counts.count, &pass->sum.count)) {
		error_set(err, "the blocks add up to more than 2^63 - 1");
		return error_prefix(err, "%s", pass->side->file);
	}
	self->size += (int64_t)counts.size;
	self->count += (int64_t)counts.count;
	return 0;
}

static int add_all(struct pass *pass, struct sieve *sieve, struct error *err)
{
	const struct snapshot *snapshot = pass->view.snapshot;
	const struct tree_query *query = pass->tree->query;
	int64_t only_domain = query->query->only_domain;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		struct counts counts = metric_counts(&pass->view, i, query->metric);

		if ((counts.size == 0 && counts.count == 0) || !sieve_keeps(sieve, trace))
			continue;
		if (only_domain != QUERY_NO_DOMAIN && only_domain != snapshot->domains.items[trace->domain].id)
			continue;
		if (add_trace(pass, i, counts, err) < 0)
			return -1;
	}
	return 0;
}

static int add_side(struct tree *tree, const struct side *side, bool old, struct error *err)
{
	const struct query *query = tree->query->query;
	struct pass pass = {.tree = tree, .side = side, .old = old};
	struct sieve *sieve;
	int rc;

	view_init(&pass.view, side->snapshot, side->moment, query->hide_standard);
	placer_init(&pass.placer, &tree->keys, side->snapshot, query->by);
	chains_init(&pass.chains, &tree->keys, &pass.placer, &pass.view);
	pass.chains.seen = seen;
	pass.chains.data = &pass;
	sieve = sieve_new(&query->filters, &pass.view);
	rc = add_all(&pass, sieve, err);
	sieve_free(sieve);
	chains_release(&pass.chains);
	placer_release(&pass.placer);
	view_release(&pass.view);
	return rc;
}

static void add_sum(struct tree_sum *into, const struct tree_sum *sum)
{
	into->size += sum->size;
	into->count += sum->count;
}

int64_t tree_weight(const struct tree *tree, const struct tree_sum *sum)
{
	return metric_counts_blocks(tree->query->metric) ? sum->count : sum->size;
}

static void add_totals(struct tree *tree)
{
	struct tree_node *nodes = tree->nodes.items;

	for (size_t i = tree->nodes.count; i-- > 0;) {
		struct tree_node *node = &nodes[i];
		int64_t moved = tree_weight(tree, &node->self) - tree_weight(tree, &node->old_self);

		add_sum(&node->total, &node->self);
		add_sum(&node->old_total, &node->old_self);
		node->weight += (uint64_t)llabs(moved);
		if (i == 0)
			break;
		add_sum(&nodes[node->parent].total, &node->total);
		add_sum(&nodes[node->parent].old_total, &node->old_total);
		nodes[node->parent].weight += node->weight;
		nodes[node->parent].n_children++;
	}
}

/* Of siblings the heaviest first; what is equal in all numbers by its name. */
static int compare(const void *a_data, const void *b_data, void *data)
{
	const struct tree *tree = data;
	uint32_t a_key = *(const uint32_t *)a_data, b_key = *(const uint32_t *)b_data;
	const struct tree_node *a = &tree->nodes.items[a_key], *b = &tree->nodes.items[b_key];
	const int64_t pairs[][2] = {
		{tree_weight(tree, &a->total), tree_weight(tree, &b->total)},
		{a->total.size, b->total.size},
		{a->total.count, b->total.count},
	};

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (pairs[i][0] != pairs[i][1])
			return pairs[i][0] > pairs[i][1] ? -1 : 1;
	}
	return keys_compare(&tree->keys, a_key, b_key);
}

static void put_in_order(struct tree *tree)
{
	struct tree_node *nodes = tree->nodes.items;
	uint32_t next = 0;

	keys_rank(&tree->keys);
	tree->order = xcalloc(tree->nodes.count, sizeof(*tree->order));
	for (size_t i = 0; i < tree->nodes.count; i++) {
		nodes[i].children = next;
		next += nodes[i].n_children;
		nodes[i].n_children = 0;
	}
	for (size_t i = 1; i < tree->nodes.count; i++) {
		struct tree_node *parent = &nodes[nodes[i].parent];

		tree->order[parent->children + parent->n_children++] = (uint32_t)i;
	}
	for (size_t i = 0; i < tree->nodes.count; i++) {
		if (nodes[i].n_children > 1)
			qsort_r(&tree->order[nodes[i].children], nodes[i].n_children, sizeof(*tree->order), compare, tree);
		for (uint32_t k = 0; k < nodes[i].n_children; k++)
			nodes[tree->order[nodes[i].children + k]].position = nodes[i].children + k;
	}
}

static uint64_t threshold(const struct tree *tree)
{
	const struct tree_query *query = tree->query;
	double exact = query->percent * (double)tree->nodes.items[0].weight / 100;
	uint64_t weight = (uint64_t)exact;

	if (query->has_weight)
		return query->weight;
	/* Rounded up: a node of exactly the share is shown. What did not change is in no difference, unless asked for. */
	if ((double)weight < exact || (weight == 0 && tree->is_diff && query->percent > 0))
		weight++;
	return weight;
}

static void choose_shown(struct tree *tree)
{
	const struct tree_query *query = tree->query;

	tree->threshold = threshold(tree);
	for (size_t i = 0; i < tree->nodes.count; i++) {
		struct tree_node *node = &tree->nodes.items[i];

		if (query->depth && node->depth >= query->depth)
			continue;
		while (node->n_shown < node->n_children &&
			tree->nodes.items[tree->order[node->children + node->n_shown]].weight >= tree->threshold)
			node->n_shown++;
	}
}

int tree_make(struct tree *tree, const struct tree_query *query, const struct side *before, const struct side *now,
	struct error *err)
{
	*tree = (struct tree){.query = query, .is_diff = before != NULL, .now = *now};
	keys_init(&tree->keys);
	node_of(tree, 0);
	if (before) {
		tree->before = *before;
		if (add_side(tree, before, true, err) < 0)
			return -1;
	}
	if (add_side(tree, now, false, err) < 0)
		return -1;
	add_totals(tree);
	put_in_order(tree);
	choose_shown(tree);
	return 0;
}

void tree_release(struct tree *tree)
{
	keys_release(&tree->keys);
	ARRAY_FREE(&tree->nodes);
	ARRAY_FREE(&tree->sights);
	free(tree->order);
}

struct row_frame tree_frame(const struct tree *tree, uint32_t node)
{
	const struct place *place = &tree->keys.places.items[tree->keys.keys.items[node].place];

	return sight_frame(&tree->keys, place, &tree->sights.items[node], tree->query->query->by);
}

uint32_t tree_others(const struct tree *tree, uint32_t index, struct tree_sum *now, struct tree_sum *old)
{
	const struct tree_node *node = &tree->nodes.items[index];

	*now = *old = (struct tree_sum){0, 0};
	for (uint32_t i = node->n_shown; i < node->n_children; i++) {
		const struct tree_node *child = &tree->nodes.items[tree->order[node->children + i]];

		add_sum(now, &child->total);
		add_sum(old, &child->old_total);
	}
	return node->n_children - node->n_shown;
}

bool tree_shows_self(const struct tree *tree, uint32_t index)
{
	const struct tree_node *node = &tree->nodes.items[index];
	int64_t moved = tree_weight(tree, &node->self) - tree_weight(tree, &node->old_self);

	return node->n_shown && moved && (uint64_t)llabs(moved) >= tree->threshold;
}

int tree_threshold_parse(struct tree_query *query, const char *text, struct error *err)
{
	char *end;

	if (*text && strchr("0123456789.", *text)) {
		query->percent = strtod(text, &end);
		query->has_weight = false;
		if (end != text && strcmp(end, "%") == 0 && query->percent <= 100)
			return 0;
	}
	query->has_weight = true;
	if (units_parse(text, &query->weight, err) == 0)
		return 0;
	error_set(err, "'%s' is no threshold", text);
	return error_hint(err, "a share like 0.5%%, or bytes (of --metric count blocks) like 64K");
}

enum { AT_NODE, AT_SELF, AT_CHILDREN, AT_OTHERS };

/* The node behind all of NODE's own lines; false when there is none. */
static bool step_out(struct tree_walk *walk)
{
	const struct tree_node *nodes = walk->tree->nodes.items, *node = &nodes[walk->node];
	const struct tree_node *parent = &nodes[node->parent];

	if (walk->node == 0)
		return false;
	if (node->position + 1 < parent->children + parent->n_shown) {
		walk->node = walk->tree->order[node->position + 1];
		walk->state = AT_NODE;
	} else {
		walk->node = node->parent;
		walk->state = AT_OTHERS;
	}
	return true;
}

enum tree_step tree_next(struct tree_walk *walk, uint32_t *index)
{
	for (;;) {
		const struct tree_node *node = &walk->tree->nodes.items[walk->node];

		*index = walk->node;
		switch (walk->state++) {
		case AT_NODE:
			return TREE_NODE;
		case AT_SELF:
			if (tree_shows_self(walk->tree, walk->node))
				return TREE_SELF;
			break;
		case AT_CHILDREN:
			if (node->n_shown) {
				walk->node = walk->tree->order[node->children];
				walk->state = AT_NODE;
			}
			break;
		case AT_OTHERS:
			if (node->n_shown < node->n_children)
				return TREE_OTHERS;
			break;
		default:
			if (!step_out(walk))
				return TREE_END;
		}
	}
}
