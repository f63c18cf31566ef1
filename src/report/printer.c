/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of formats.
 */
#include "report/printer.h"

#include <string.h>

static const struct printer *const printers[] = {
	&print_text,
	&print_table,
	&print_json,
	&print_csv,
};

const struct printer *printer_find(const char *name)
{
	for (size_t i = 0; i < sizeof(printers) / sizeof(*printers); i++) {
		if (strcmp(printers[i]->name, name) == 0)
			return printers[i];
	}
	return NULL;
}
