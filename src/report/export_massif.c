/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file as valgrind's massif writes it, for ms_print and massif-visualizer: moments in the order
 * of time, each with its tree, the peak marked; before them the beginning, when nothing was live
 * yet. Time is in milliseconds since then. Bytes are those asked for, so there are none "extra",
 * and stacks are not measured.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "report/exporter.h"
#include "report/functions.h"
#include "report/label.h"
#include "report/massif_tree.h"

#define NO_MOMENT SIZE_MAX

/* A snapshot of the file. */
struct measure {
	uint64_t time_ns; /* CLOCK_REALTIME; that of the beginning, where it is unknown or before */
	uint64_t size;
	size_t moment; /* whose tree it has; NO_MOMENT: none */
};

struct massif {
	const struct snapshot *snapshot;
	struct functions functions;
	ARRAY(struct measure) measures;
	struct buffer text;
};

static void clean_line(struct massif *massif, const char *key, const char *data, size_t size)
{
	size_t begin;

	buffer_bytes(&massif->text, key, strlen(key));
	begin = massif->text.size;
	label_clean(&massif->text, data, size);
	label_replace(&massif->text, begin, '#', '@');
	buffer_u8(&massif->text, '\n');
}

static void header(struct massif *massif)
{
	const struct run *run = &massif->snapshot->run;
	struct buffer command = {0};

	for (size_t i = 0; i < run->command.count; i++) {
		string_id id = run->command.items[i];

		if (i)
			buffer_u8(&command, ' ');
		buffer_bytes(&command, strings_get(massif->snapshot->strings, id),
			strings_size(massif->snapshot->strings, id));
	}
	clean_line(massif, "desc: ", "memtrace " MEMTRACE_VERSION,
		strlen("memtrace " MEMTRACE_VERSION));
	for (size_t i = 0; i < run->problems.count; i++)
		clean_line(massif, "desc: incomplete: ",
			strings_get(massif->snapshot->strings, run->problems.items[i]),
			strings_size(massif->snapshot->strings, run->problems.items[i]));
	clean_line(massif, "cmd: ", (const char *)command.data, command.size);
	clean_line(massif, "time_unit: ", "ms", 2);
	buffer_free(&command);
}

/* At the same time what has no tree comes first, and the default moment last. */
static int earlier(const void *a_data, const void *b_data, void *last)
{
	const struct measure *a = a_data, *b = b_data;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if ((a->moment == NO_MOMENT) != (b->moment == NO_MOMENT))
		return a->moment == NO_MOMENT ? -1 : 1;
	if ((a->moment == *(size_t *)last) != (b->moment == *(size_t *)last))
		return a->moment == *(size_t *)last ? 1 : -1;
	return (a->moment > b->moment) - (a->moment < b->moment);
}

static void add(struct massif *massif, uint64_t time_ns, uint64_t size, size_t moment)
{
	uint64_t began = massif->snapshot->run.started_ns;

	*ARRAY_PUSH(&massif->measures) =
		(struct measure){time_ns > began ? time_ns : began, size, moment};
}

static void collect(struct massif *massif, size_t last)
{
	const struct snapshot *snapshot = massif->snapshot;

	if (snapshot->run.started_ns)
		add(massif, snapshot->run.started_ns, 0, NO_MOMENT);
	for (size_t i = 0; i < snapshot->moments.count; i++) {
		const struct moment *moment = &snapshot->moments.items[i];

		add(massif, moment->time_ns, moment->live.size, i);
	}
	for (size_t i = 0; i < snapshot->timeline.count; i++) {
		const struct point *point = &snapshot->timeline.items[i];

		add(massif, point->time_ns, point->live.size, NO_MOMENT);
	}
	qsort_r(massif->measures.items, massif->measures.count, sizeof(struct measure), earlier,
		&last);
}

static uint64_t milliseconds(const struct massif *massif, const struct measure *measure)
{
	uint64_t began = massif->snapshot->run.started_ns;

	return began ? (measure->time_ns - began) / 1000000 : 0;
}

static void write_measure(struct massif *massif, size_t index, size_t peak)
{
	const struct measure *measure = &massif->measures.items[index];
	const char *tree = measure->moment == NO_MOMENT ? "empty"
			   : measure->moment == peak	? "peak"
							: "detailed";
	char *lines = xasprintf("#-----------\nsnapshot=%zu\n#-----------\ntime=%" PRIu64
				"\nmem_heap_B=%" PRIu64
				"\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=%s\n",
		index, milliseconds(massif, measure), measure->size, tree);

	buffer_bytes(&massif->text, lines, strlen(lines));
	free(lines);
	if (measure->moment != NO_MOMENT)
		massif_tree(&massif->text, &massif->functions, measure->moment);
}

static int write_massif(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct massif massif = {.snapshot = snapshot};
	struct error none = ERROR_INIT;
	int peak = snapshot_moment(snapshot, "peak", &none);

	(void)err; /* all sums are the snapshot's own */
	functions_init(&massif.functions, snapshot);
	header(&massif);
	collect(&massif, query->moment);
	for (size_t i = 0; i < massif.measures.count; i++)
		write_measure(&massif, i, peak < 0 ? NO_MOMENT - 1 : (size_t)peak);
	out_bytes(out, (const char *)massif.text.data, massif.text.size);
	functions_release(&massif.functions);
	ARRAY_FREE(&massif.measures);
	buffer_free(&massif.text);
	return 0;
}

const struct exporter export_massif = {
	.name = "massif",
	.summary = "all moments with their trees, for ms_print",
	.takes_short = true,
	.write = write_massif,
};
