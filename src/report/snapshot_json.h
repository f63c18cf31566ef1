/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The "snapshot" object that statistics and info share: what was watched, and its sums. `current`
 * and `current_count` are of the snapshot's default moment (exit, or now), whatever moment is
 * looked at.
 */
#ifndef REPORT_SNAPSHOT_JSON_H
#define REPORT_SNAPSHOT_JSON_H

#include <stdbool.h>
#include "model/snapshot.h"
#include "report/emit.h"

void snapshot_json(struct emitter *emitter, const char *key, const struct snapshot *snapshot,
	const char *file);

#endif
