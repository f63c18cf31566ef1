/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which lines of a source file are shown: held to the rule, line by line, for many files. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "report/annotation.h"

enum { LINES = 40 };

static struct annotation annotation;
static char path[] = "/tmp/annotation.XXXXXX";

static void begin(void)
{
	int fd = mkstemp(path);

	for (int i = 1; i <= LINES; i++)
		dprintf(fd, "text %d\n", i);
	close(fd);
	annotation = (struct annotation){.filename = {path, strlen(path)}, .sources = sources_new()};
	annotation.readable = sources_count(annotation.sources, path, strlen(path), &annotation.n_lines);
}

static void end(void)
{
	annotation_release(&annotation);
	unlink(path);
}

TestSuite(annotation, .init = begin, .fini = end);

static bool has_blocks(uint32_t lineno)
{
	for (size_t i = 0; i < annotation.lines.count; i++) {
		if (annotation.lines.items[i].lineno == lineno)
			return true;
	}
	return false;
}

static bool is_shown(uint32_t lineno)
{
	bool shown = has_blocks(lineno);

	if (lineno == 0 || lineno > annotation.n_lines)
		return shown;
	for (size_t i = 0; i < annotation.lines.count; i++) {
		int64_t apart = (int64_t)lineno - annotation.lines.items[i].lineno;

		shown |= annotation.lines.items[i].lineno && llabs(apart) <= annotation.context;
	}
	return shown || annotation.all;
}

static void check_walk(void)
{
	struct annotation_walk walk = {0};
	struct annotated_line line;
	int64_t last = -1;
	char text[32];

	for (uint32_t lineno = 0; lineno < 2 * LINES; lineno++) {
		if (!is_shown(lineno))
			continue;
		cr_assert(annotation_next(&annotation, &walk, &line));
		cr_assert_eq(line.lineno, lineno);
		cr_assert_eq(line.has_blocks, has_blocks(lineno));
		cr_assert_eq(walk.gap, last >= 0 && last + 1 < lineno, "before line %u", lineno);
		last = lineno;
		if (lineno == 0 || lineno > annotation.n_lines) {
			cr_assert_null(line.text.data);
			continue;
		}
		cr_assert_eq((size_t)snprintf(text, sizeof text, "text %u", lineno), line.text.size);
		cr_assert_eq(memcmp(text, line.text.data, line.text.size), 0);
	}
	cr_assert_not(annotation_next(&annotation, &walk, &line));
}

Test(annotation, the_lines_around_those_with_blocks_are_shown)
{
	cr_assert_eq(annotation.n_lines, (uint32_t)LINES);
	srand(1);
	for (int round = 0; round < 2000; round++) {
		ARRAY_FREE(&annotation.lines);
		for (uint32_t lineno = 0; lineno < 2 * LINES; lineno++) {
			if (rand() % (round % 40 + 2) == 0)
				*ARRAY_PUSH(&annotation.lines) =
					(struct annotated_line){.lineno = lineno, .has_blocks = true, .count = 1};
		}
		annotation.context = (uint32_t)(rand() % 6);
		annotation.all = rand() % 5 == 0;
		check_walk();
	}
}

Test(annotation, of_a_file_that_is_not_there_only_those_with_blocks)
{
	annotation.filename = (struct name){"/none", 5};
	annotation.readable = sources_count(annotation.sources, "/none", 5, &annotation.n_lines);
	cr_assert_not(annotation.readable);
	for (uint32_t lineno = 3; lineno < 9; lineno += 3)
		*ARRAY_PUSH(&annotation.lines) = (struct annotated_line){.lineno = lineno, .has_blocks = true};
	annotation.context = UINT32_MAX;
	check_walk();
	annotation.all = true;
	check_walk();
}

Test(annotation, the_greatest_numbers_do_not_wrap)
{
	struct annotation_walk walk = {0};
	struct annotated_line line;

	*ARRAY_PUSH(&annotation.lines) = (struct annotated_line){.lineno = UINT32_MAX, .has_blocks = true};
	annotation.context = 0;
	cr_assert(annotation_next(&annotation, &walk, &line));
	cr_assert_eq(line.lineno, UINT32_MAX);
	cr_assert_not(annotation_next(&annotation, &walk, &line));
}

static struct snapshot *snapshot_of(const char *const *names)
{
	struct snapshot *snapshot = snapshot_new();

	for (; *names; names++)
		ARRAY_PUSH(&snapshot->frames)->filename = strings_add(snapshot->strings, *names);
	return snapshot;
}

Test(annotation, a_file_is_found_by_its_last_components)
{
	static const char *const names[] = {"/x/src/a.c", "/y/src/a.c", "src/a.c", "./b.c", "/z/lib.so", "<unknown>", NULL};
	static const struct {
		const char *text, *name;
	} rows[] = {{"src/a.c", "src/a.c"}, {"x/src/a.c", "/x/src/a.c"}, {"/y/src/a.c", "/y/src/a.c"}, {"b.c", "./b.c"},
		{"./b.c", "./b.c"}, {"a.c", NULL}, {"/src/a.c", NULL}, {"", NULL}, {".c", NULL}, {"/", NULL}, {"src/", NULL},
		{"lib.so", NULL}, {"<unknown>", NULL}, {"unknown>", NULL}, {".//x/src/a.c", "/x/src/a.c"}};
	struct snapshot *snapshot = snapshot_of(names);
	struct error err = ERROR_INIT;
	string_id found;

	snapshot->frames.items[4].flags = FRAME_NO_LINE;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int rc = annotation_find(snapshot, rows[i].text, &found, &err);

		cr_assert_eq(rc, rows[i].name ? 0 : -1, "%s", rows[i].text);
		if (rows[i].name)
			cr_assert_str_eq(strings_get(snapshot->strings, found), rows[i].name, "of %s", rows[i].text);
	}
	annotation_find(snapshot, "a.c", &found, &err);
	cr_assert_str_eq(err.text, "'a.c' may be one of 3 files: /x/src/a.c, /y/src/a.c, src/a.c");
	snapshot_free(snapshot);
}
