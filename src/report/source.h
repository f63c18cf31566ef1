/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source lines, as far as the files can be read here and now: Python's linecache.getline(),
 * stripped as tracemalloc strips it. Whether the file is still the one that was compiled is not
 * asked.
 */
#ifndef REPORT_SOURCE_H
#define REPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sources; /* opaque: the files that were read */

struct sources *sources_new(void);
void sources_free(struct sources *sources);

/* Line LINENO (from 1) of the file without the white space around it, *size bytes, valid as long as
 * SOURCES; NULL when there is no such file or line, or nothing on it. Never blocks. */
const char *sources_line(struct sources *sources, const char *filename, size_t filename_size,
	uint32_t lineno, size_t *size);
/* The same as it stands there, without its end; NULL when there is no such file or line. */
const char *sources_text(struct sources *sources, const char *filename, size_t filename_size,
	uint32_t lineno, size_t *size);
/* Whether the file can be read; how many lines it has. */
bool sources_count(struct sources *sources, const char *filename, size_t filename_size, uint32_t *n_lines);
/* Whether the file was written to after TIME_NS (CLOCK_REALTIME); not where one of them is unknown. */
bool source_newer(const char *filename, uint64_t time_ns);

#endif
