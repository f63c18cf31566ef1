/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of forms.
 */
#include "report/exporter.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

static const struct exporter *const exporters[] = {
	&export_folded,
	&export_csv,
	&export_json,
	&export_pprof,
	&export_speedscope,
	&export_massif,
	&export_callgrind,
	&export_heaptrack,
};

const struct exporter *exporter_find(const char *name)
{
	for (size_t i = 0; i < sizeof(exporters) / sizeof(*exporters); i++) {
		if (strcmp(exporters[i]->name, name) == 0)
			return exporters[i];
	}
	return NULL;
}

int exporter_check_frames(const struct snapshot *snapshot, struct error *err)
{
	uint64_t *depths = xcalloc(snapshot->stacks.count, sizeof(*depths)), frames = 0;

	for (size_t i = 1; i < snapshot->stacks.count; i++) {
		const struct stack *stack = &snapshot->stacks.items[i];

		depths[i] =
			depths[stack->parent] + snapshot->locations.items[stack->location].n_frames;
	}
	for (size_t i = 0; i < snapshot->traces.count && frames <= EXPORT_FRAMES_MAX; i++)
		frames += depths[snapshot->traces.items[i].stack];
	free(depths);
	if (frames <= EXPORT_FRAMES_MAX)
		return 0;
	error_set(err,
		"export: the stacks have more than %llu frames in all, too many for this form",
		EXPORT_FRAMES_MAX);
	return error_hint(err, "forms without whole stacks: --to callgrind, massif, heaptrack");
}
