/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What memtrace's library could not be in, or cannot watch although it is: found by looking at files when an image has ended.
 */
#ifndef CMD_UNTRACED_H
#define CMD_UNTRACED_H

#include <stdbool.h>
#include "record/image.h"

/* Names among IMAGE's follows the programs that it started, or (BECAME: the last one) turned into, and that never spoke; FOLLOWS: they
 * were to. */
void untraced_name(struct image *image, bool became, bool follows);
/* A problem of IMAGE's, if its executable hides an allocator in itself, or valgrind replaced the one that there was. */
void untraced_probe(struct image *image);

#endif
