/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of an image's events that is about mappings: EVENT_MAP, EVENT_UNMAP, and its EVENT_UNDO. */
#ifndef RECORD_IMAGE_RANGES_H
#define RECORD_IMAGE_RANGES_H

#include "record/image.h"

/* By THREAD, an index. */
void image_map(struct image *image, uint32_t thread, const struct event *event);
/* What was taken out is in CUTS afterwards, for … */
void image_unmap(struct image *image, struct range_cuts *cuts, const struct event *event);
/* … this. */
void image_undo_unmap(struct image *image, struct range_cuts *cuts, const struct event *event);

#endif
