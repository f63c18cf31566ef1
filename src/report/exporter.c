/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of forms.
 */
#include "report/exporter.h"

#include <string.h>

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
