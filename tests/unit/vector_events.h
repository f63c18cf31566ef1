/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vectors of tests/data/tracemalloc.json that are about the life of blocks. */
#ifndef UNIT_VECTOR_EVENTS_H
#define UNIT_VECTOR_EVENTS_H

#include <jansson.h>

void vector_events(const char *id, const json_t *vector);
void vector_alloc_events(const char *id, const json_t *vector);

#endif
