/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First the process stands still, then all that it has told is read, then its blocks and its memory are of one moment. Both are
 * copied by the collector itself: it is the one whom the system lets look into its descendants (Yama), and while the program stands still
 * nothing is to be drained. To look in the copy takes longer, and is done by a forked child, or after the program's end.
 *
 * A thread that was stopped within a realloc has told that its old block is gone, and not yet where the new one is. What
 * hangs on it would seem lost: so the process goes on for a moment, and is stopped again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/leaks.h"
#include "remote/leak_scan.h"

enum { STOP_MS = 2000, TRIES = 20, PAUSE_US = 300, ROUNDS = 3 };

static bool is_moving(const struct reader_process *process)
{
	for (size_t i = 0; i < process->rings.count; i++)
		if (process->rings.items[i]->image.last_was_move)
			return true;
	return false;
}

/* A child of ours keeps its status for whom waits for it. */
static int hold(struct process *held, const struct reader_process *process, struct error *err)
{
	if (process_seize(held, process->image->pid, err) < 0)
		return -1;
	for (size_t i = 0; i < held->threads.count; i++)
		held->threads.items[i].kept = process->waited_for && held->threads.items[i].tid == held->pid;
	return 0;
}

static int stop(struct collector *collector, struct process *held, const struct reader_process *process, struct error *err)
{
	for (int try = 1;; try++) {
		if (process_stop(held, STOP_MS, err) < 0)
			return -1;
		for (int i = 0; i < ROUNDS; i++)
			collector_read(collector);
		if (!is_moving(process) || try == TRIES)
			return 0;
		process_go(held);
		usleep(PAUSE_US);
	}
}

static void add_block(void *data, const struct live_block *from)
{
	struct leak_scan *scan = data;

	if (from->domain == DOMAIN_MALLOC || from->domain >= DOMAIN_FIRST_OWN)
		*ARRAY_PUSH(&scan->memory.blocks) = (struct leak_block){ .address = from->addr, .size = from->size,
			.account = from->trace, .own = from->domain != DOMAIN_MALLOC };
}

static void add_blocks(struct leak_scan *scan, const struct image *image)
{
	live_visit(&image->live, add_block, scan);
	for (size_t i = 0; i < image->ranges.chunks.count; i++)
		for (uint32_t k = 0; k < image->ranges.chunks.items[i]->count; k++) {
			const struct range *range = &image->ranges.chunks.items[i]->items[k];

			*ARRAY_PUSH(&scan->ranges) = (struct leak_range){ range->start, range->end };
		}
}

/* Whether there may be blocks that nobody has told us of: those of a parent, of a time before recording, or that were lost. */
static bool is_partial(const struct collector *collector, const struct reader_process *process)
{
	return process->image->forked || process->image->joined || process->image->clears || process->since ||
		collector->pool->processes[process->index].lost_events;
}

static int copy(struct collector *collector, struct reader_process *process, struct leak_scan *scan, struct error *err)
{
	uint64_t owned = collector->pool->processes[process->index].owned;
	struct process held;
	int rc;

	if (leak_scan_begin(scan, process->image->pid, err) < 0 || hold(&held, process, err) < 0)
		return -1;
	rc = stop(collector, &held, process, err);
	if (rc == 0)
		rc = leak_scan_copy(scan, &held, owned, err);
	process_release(&held);
	if (rc < 0)
		return -1;
	add_blocks(scan, process->image);
	scan->partial = is_partial(collector, process);
	return 0;
}

struct leak_scan *leaks_copy(struct collector *collector, struct reader_process *process, uint64_t stack, struct error *err)
{
	struct leak_scan *scan;

	if (process->image->interval) {
		error_set(err, "leaks need every block, and --sample records only some");
		return NULL;
	}
	scan = xcalloc(1, sizeof *scan);
	if (copy(collector, process, scan, err) < 0) {
		leaks_free(scan);
		return NULL;
	}
	scan->stack = stack;
	return scan;
}

void leaks_free(struct leak_scan *scan)
{
	if (scan)
		leak_scan_free(scan);
	free(scan);
}

void leaks_find(struct leak_scan *scan, struct image *image)
{
	size_t n = image->ledger.traces.count * LEAK_KINDS;
	struct sums *sums = xcalloc(n + 1, sizeof *sums);

	leak_scan_find(scan);
	for (size_t i = 0; i < scan->memory.blocks.count; i++) {
		const struct leak_block *block = &scan->memory.blocks.items[i];
		struct sums *sum = &sums[(size_t)block->account * LEAK_KINDS + block->kind];

		sum->size += block->size;
		sum->count++;
	}
	leaks_free(scan);
	image->leaks.count = 0;
	for (size_t i = 0; i < n; i++)
		if (sums[i].count)
			*ARRAY_PUSH(&image->leaks) =
				(struct image_leak){ (uint32_t)(i / LEAK_KINDS), i % LEAK_KINDS, sums[i] };
	image->looked_for_leaks = true;
	free(sums);
}

static struct collector_scan *find(struct collector *collector, const struct reader_process *process)
{
	for (size_t i = 0; i < collector->scans.count; i++)
		if (collector->scans.items[i].process == process)
			return &collector->scans.items[i];
	return NULL;
}

int leaks_keep(struct collector *collector, struct reader_process *process, uint64_t stack)
{
	struct error err = ERROR_INIT;
	struct leak_scan *scan;

	leaks_forget(collector, process);
	scan = leaks_copy(collector, process, stack, &err);
	if (!scan) {
		image_note(process->image, "leaks could not be looked for: %s", err.text);
		return -EPERM;
	}
	*ARRAY_PUSH(&collector->scans) = (struct collector_scan){ process, scan, process->image->clears };
	return 0;
}

void leaks_finish(struct collector *collector, struct reader_process *process)
{
	struct collector_scan *kept = find(collector, process);

	if (!collector->options->leaks || !process->said_hello)
		return;
	if (!kept)
		image_note(process->image, "leaks were not looked for, since it did not end by an exit of its own");
	else if (kept->clears != process->image->clears)
		image_note(process->image, "leaks were found, and then forgotten with all blocks, as the program wanted");
	else
		leaks_find(kept->scan, process->image);
	if (kept && kept->clears == process->image->clears)
		kept->scan = NULL;
}

void leaks_forget(struct collector *collector, const struct reader_process *process)
{
	struct collector_scan *kept = find(collector, process);

	if (!kept)
		return;
	leaks_free(kept->scan);
	*kept = collector->scans.items[--collector->scans.count];
}
