/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of a massif snapshot: from the allocation functions to their callers, the heaviest
 * first. What weighs less than a hundredth of the whole is one line "in N places", as massif does
 * by itself.
 */
#ifndef REPORT_MASSIF_TREE_H
#define REPORT_MASSIF_TREE_H

#include "report/functions.h"

/* Levels of a tree. Behind a hundred the reader's own recursion is warned of; massif itself stops
 * at 30. */
#define MASSIF_DEPTH_MAX 96

/* Appends the lines for the bytes that are live at MOMENT. FUNCTIONS are the snapshot's. */
void massif_tree(struct buffer *text, const struct functions *functions, size_t moment);

#endif
