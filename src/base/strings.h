/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interned byte strings: the same bytes get the same id, ids are dense from 0, id 0 is "". Strings
 * may hold any bytes, NUL included; each is followed by a NUL that is not counted.
 */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t string_id;

struct strings; /* opaque */

struct strings *strings_new(void);
void strings_free(struct strings *strings);
string_id strings_add(struct strings *strings, const char *text);
string_id strings_add_bytes(struct strings *strings, const char *data, size_t size);
/* Valid as long as the table; an id that was never given is "". */
const char *strings_get(const struct strings *strings, string_id id);
size_t strings_size(const struct strings *strings, string_id id);
uint32_t strings_count(const struct strings *strings);

#endif
