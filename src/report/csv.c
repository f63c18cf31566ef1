/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quoting of fields. A NUL stays what it is: names hold any bytes.
 */
#include "report/csv.h"

#include <stdbool.h>
#include <string.h>

void csv_field(struct out *out, const char *data, size_t size)
{
	bool quoted = false;

	if (size == 0)
		return;
	for (size_t i = 0; i < size; i++)
		quoted = quoted || (data[i] && strchr(",\"\r\n", data[i]));
	if (!quoted) {
		out_bytes(out, data, size);
		return;
	}
	out_text(out, "\"");
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '"')
			out_text(out, "\"");
		out_bytes(out, &data[i], 1);
	}
	out_text(out, "\"");
}
