/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of a page as its script takes them: one run of bytes that holds a JSON header and typed columns, deflated, in base64
 * (RFC 4648), whose letters cannot end the element that they stand in, whatever the names are.
 *
 *      u32 size of the header, the header, zeros up to a multiple of 8, then the columns, each at a multiple of 8
 *
 * The header's "columns" says for each name [type, offset behind the header, count]; types are the script's: u8, u16, u32, f64,
 * the smallest that holds all values of the column. Little-endian.
 */
#ifndef REPORT_HTML_COLUMNS_H
#define REPORT_HTML_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/out.h"
#include "report/emit.h"

#define HTML_COLUMN_NAME_MAX 64

struct html_column {
	char name[HTML_COLUMN_NAME_MAX];
	const char *type;
	size_t offset, count;
};

struct html_columns {
	struct buffer bytes;
	ARRAY(struct html_column) all;
	bool rounded; /* a value is over 2^53: as a double it is not exact */
};

/* Adds one; its name is formatted. */
void html_columns_add(struct html_columns *columns, const uint64_t *values, size_t n, const char *name, ...)
	__attribute__((format(printf, 4, 5)));
/* The same of numbers that are none of blocks or bytes: as they are. */
void html_columns_add_doubles(struct html_columns *columns, const double *values, size_t n, const char *name, ...)
	__attribute__((format(printf, 4, 5)));
/* The directory, under the key "columns". */
void html_columns_json(struct emitter *emitter, const struct html_columns *columns);
/* Header and columns as base64. -1: more than can be packed. */
int html_columns_write(const struct html_columns *columns, const char *header, size_t header_size, struct out *out, struct error *err);
void html_columns_release(struct html_columns *columns);

#endif
