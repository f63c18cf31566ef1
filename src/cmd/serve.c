/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moments are states that the reader calls final. Two rounds bring that up to what had been published when somebody asked.
 * Of an image whose recording is stopped there are none.
 */
#include "cmd/serve.h"

static bool is_recorded(const struct collector *collector, const struct reader_process *process)
{
	return process->said_hello && !process->ended &&
		!(collector->pool->processes[process->index].flags & WIRE_FLAG_STOPPED);
}

static void catch_up(struct collector *collector)
{
	reader_round(&collector->reader);
	reader_round(&collector->reader);
}

void serve_signals(const struct snapshot_at *at)
{
	for (size_t i = 0; i < at->n_signals; i++)
		target_keep_signal(at->signals[i]->number);
}

/* Several that came at once are one moment: nothing lies between them. */
static void serve_signal(struct collector *collector, const struct signal_rule *rule)
{
	if (!target_kept_signals(rule->number))
		return;
	catch_up(collector);
	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (is_recorded(collector, process))
			moments_take(process->image, rule->name);
	}
}

void serve(struct collector *collector, uint64_t now_ns)
{
	const struct snapshot_at *at = &collector->options->at;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (is_recorded(collector, process))
			moments_tick(process->image, now_ns);
	}
	for (size_t i = 0; i < at->n_signals; i++)
		serve_signal(collector, at->signals[i]);
}
