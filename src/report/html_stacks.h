/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stacks of one or two snapshots as one tree, for a page: equal stacks of both are the same node, equal traces the same row,
 * so that the page tells a difference by looking at one row's two numbers.
 *
 *   row ──> node ──> parent node … ──> 0, the root
 *    │       └─> spot ──> places: what it is by line, by file, by function, by module
 *    └─> thread (a place), domain
 *
 * What the places are is the placer's to say, as for top and diff: the page only adds up what is equal. Filters have been applied;
 * frames that --hide-std would hide are marked, and the page leaves them out when it is asked to.
 */
#ifndef REPORT_HTML_STACKS_H
#define REPORT_HTML_STACKS_H

#include <stdint.h>
#include "base/map.h"
#include "base/memory.h"
#include "report/html_columns.h"
#include "report/keys.h"
#include "report/query.h"
#include "report/table.h"

enum html_spot_flags { SPOT_INLINED = 1, SPOT_STANDARD = 2, SPOT_UNNAMED = 4 };

struct html_spot {
	uint32_t line, file, function, module; /* places */
	string_id name;			       /* of its function, of the keys' strings; 0 unknown */
	uint32_t flags;			       /* enum html_spot_flags; UNNAMED: no function, no line */
};

struct html_node {
	uint32_t parent, spot;
};

struct html_row {
	uint32_t node, thread, domain; /* thread a place, domain an id */
};

struct html_stacks {
	struct keys keys;
	ARRAY(struct html_spot) spots;
	ARRAY(struct html_node) nodes; /* the first is the root, without a spot */
	ARRAY(struct html_row) rows;
	struct map spot_map, node_map, row_map; /* private */
};

/* What one snapshot has in it. */
struct html_side {
	const struct snapshot *snapshot;
	uint32_t *row_of; /* by trace: its row + 1, or 0 where filters leave it out */
};

void html_stacks_init(struct html_stacks *stacks);
void html_stacks_release(struct html_stacks *stacks);
/* Adds a snapshot by what QUERY lets through. SIDE is to be released. */
void html_stacks_add(struct html_stacks *stacks, struct html_side *side, const struct side *from, const struct query *query);
/* "spot_…", "node_…", "row_…", "place_…". */
void html_stacks_columns(const struct html_stacks *stacks, struct html_columns *columns);

void html_side_release(struct html_side *side);

#endif
