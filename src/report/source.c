/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source files, mapped when first asked for and kept until the end, with the places where their
 * lines begin. Lines end as in Python's universal newlines: \n, \r\n or \r. A name in angle
 * brackets ("<unknown>") is no file, as linecache has it.
 */
#include "report/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/utf8.h"

#define SOURCE_SIZE_MAX (64 << 20) /* no one wrote it by hand */

struct source {
	struct file_view view;
	bool readable;
	ARRAY(uint32_t) lines; /* where each begins */
};

struct sources {
	struct strings *names; /* id - 1 is the index of its source */
	ARRAY(struct source *) files;
};

struct sources *sources_new(void)
{
	struct sources *sources = xcalloc(1, sizeof(*sources));

	sources->names = strings_new();
	return sources;
}

void sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->files.count; i++) {
		struct source *source = sources->files.items[i];

		file_view_close(&source->view);
		ARRAY_FREE(&source->lines);
		free(source);
	}
	ARRAY_FREE(&sources->files);
	strings_free(sources->names);
	free(sources);
}

static void index_lines(struct source *source)
{
	const uint8_t *data = source->view.data;
	size_t size = source->view.size;

	if (size)
		*ARRAY_PUSH(&source->lines) = 0;
	for (size_t i = 0; i + 1 < size; i++) {
		if (data[i] == '\n' || (data[i] == '\r' && data[i + 1] != '\n'))
			*ARRAY_PUSH(&source->lines) = (uint32_t)i + 1;
	}
}

static struct source *open_source(const char *filename, size_t size)
{
	struct source *source = xcalloc(1, sizeof(*source));
	struct error err = ERROR_INIT;

	if (size == 0 || strlen(filename) != size)
		return source;
	if (filename[0] == '<' && filename[size - 1] == '>')
		return source;
	source->readable = file_view_open(&source->view, filename, SOURCE_SIZE_MAX, &err) == 0;
	if (source->readable)
		index_lines(source);
	else
		source->view = (struct file_view){0};
	return source;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85 ||
	       c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* str.strip(). */
static const char *strip(const char *data, size_t *size)
{
	const char *end = data + *size, *first = NULL, *last = NULL;

	while (data < end) {
		const char *begin = data;

		if (is_space(utf8_next(&data, end)))
			continue;
		if (!first)
			first = begin;
		last = data;
	}
	*size = first ? (size_t)(last - first) : 0;
	return first;
}

static const struct source *find(struct sources *sources, const char *filename, size_t filename_size)
{
	string_id id;

	if (filename_size == 0)
		return NULL;
	id = strings_add_bytes(sources->names, filename, filename_size);
	if (id > sources->files.count)
		*ARRAY_PUSH(&sources->files) = open_source(filename, filename_size);
	return sources->files.items[id - 1];
}

bool sources_count(struct sources *sources, const char *filename, size_t filename_size, uint32_t *n_lines)
{
	const struct source *source = find(sources, filename, filename_size);

	*n_lines = source ? (uint32_t)source->lines.count : 0;
	return source && source->readable;
}

const char *sources_text(struct sources *sources, const char *filename, size_t filename_size,
	uint32_t lineno, size_t *size)
{
	/* Many frames are of modules and have no line: those are not opened. */
	const struct source *source = lineno ? find(sources, filename, filename_size) : NULL;
	const char *data;
	size_t begin, end;

	if (!source || lineno > source->lines.count)
		return NULL;
	data = (const char *)source->view.data;
	begin = source->lines.items[lineno - 1];
	end = lineno < source->lines.count ? source->lines.items[lineno] : source->view.size;
	if (end > begin && data[end - 1] == '\n')
		end--;
	if (end > begin && data[end - 1] == '\r')
		end--;
	*size = end - begin;
	return data + begin;
}

const char *sources_line(struct sources *sources, const char *filename, size_t filename_size,
	uint32_t lineno, size_t *size)
{
	const char *text = sources_text(sources, filename, filename_size, lineno, size);

	return text ? strip(text, size) : NULL;
}

bool source_newer(const char *filename, uint64_t time_ns)
{
	struct stat status;

	return time_ns && stat(filename, &status) == 0 &&
	       (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec > time_ns;
}
