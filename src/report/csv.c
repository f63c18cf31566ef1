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
	for (const char *special = ",\"\r\n"; *special && !quoted; special++)
		quoted = memchr(data, *special, size);
	if (!quoted) {
		out_bytes(out, data, size);
		return;
	}
	out_text(out, "\"");
	for (const char *end = data + size; data < end;) {
		const char *quote = memchr(data, '"', (size_t)(end - data));
		const char *next = quote ? quote + 1 : end;

		out_bytes(out, data, (size_t)(next - data));
		out_text(out, quote ? "\"" : "");
		data = next;
	}
	out_text(out, "\"");
}
