/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One process a tick at most: with many of them, all share the time that looks may take.
 */
#include "cmd/looks.h"

void looks_now(struct collector *collector, struct reader_process *process)
{
	process->image->owned = collector->pool->processes[process->index].owned;
	residency_look(process->image);
}

void looks_tick(struct collector *collector, uint64_t now)
{
	struct reader_process *due = NULL;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		/* Moments are taken without us. */
		process->image->owned = collector->pool->processes[process->index].owned;
		if (residency_due(process->image, now) &&
			(!due || process->image->residency.tried_ns < due->image->residency.tried_ns))
			due = process;
	}
	if (due)
		looks_now(collector, due);
}
