/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What frames are called, and which of them are one function. */
#include "report/functions.h"

#include <criterion/criterion.h>
#include <string.h>
#include "printed.h"
#include "report/label.h"

static const char *name(const struct functions *functions, string_id id)
{
	return strings_get(functions->strings, id);
}

Test(functions, one_for_each_name_file_and_module)
{
	struct snapshot *snapshot = imported(
		"{'schema': 'memtrace-snapshot/1', 'modules': [{'path': '/m'}, {'path': '/n'}],"
		" 'traces': [{'size': 1, 'count': 1, 'frames': ["
		" {'filename': 'a.c', 'lineno': 1, 'function': 'f', 'module': '/m', "
		"'module_index': 0, 'address': '0x1', 'inlined': true},"
		" {'filename': 'a.c', 'lineno': 2, 'function': 'g', 'module': '/m', "
		"'module_index': 0, 'address': '0x1'},"
		" {'filename': 'a.c', 'lineno': 9, 'function': 'f', 'module': '/m', "
		"'module_index': 0, 'address': '0x2'},"
		" {'filename': 'b.c', 'lineno': 9, 'function': 'f', 'module': '/m', "
		"'module_index': 0, 'address': '0x3'},"
		" {'filename': '/n', 'lineno': 0, 'function': 'f', 'module': '/n', 'module_index': "
		"1, 'address': '0x3'},"
		" {'filename': '/n', 'lineno': 0, 'function': null, 'module': '/n', "
		"'module_index': 1, 'address': '0x4'},"
		" ['c.c', 7]]}]}");
	struct functions functions;
	const struct function *items;

	functions_init(&functions, snapshot);
	items = functions.items.items;
	cr_assert_eq(functions.items.count, 7, "of c.c, /n, f of /n, f of b.c, f of a.c, g, unknown");
	/* Frames are imported from the oldest on; levels of one address keep their order. */
	cr_assert_eq(functions.by_frame[4], functions.by_frame[5]);
	cr_assert_str_eq(name(&functions, items[4].name), "f");
	cr_assert_str_eq(name(&functions, items[4].file), "a.c");
	cr_assert_str_eq(name(&functions, items[4].module), "/m");
	cr_assert_str_eq(name(&functions, items[2].file), "", "nobody knows the lines");
	cr_assert(items[2].named && !items[1].named && !items[0].named);
	cr_assert_str_eq(name(&functions, items[1].name), "/n+0x4");
	cr_assert_str_eq(name(&functions, items[0].name), "c.c:7");
	cr_assert_str_eq(name(&functions, items[functions.unknown].name), "<unknown>");
	functions_release(&functions);
	snapshot_free(snapshot);
}

Test(functions, clean_text)
{
	struct buffer label = {0};

	label_clean(&label, "a\xff\n\xc3\xa9\0z", 7);
	cr_assert_eq(label.size, 9);
	cr_assert_eq(memcmp(label.data, "a\xef\xbf\xbd \xc3\xa9 z", 9), 0);
	label_replace(&label, 1, 'z', 'a');
	label_replace(&label, 1, 'a', 'b');
	cr_assert_eq(label.data[0], 'a');
	cr_assert_eq(label.data[8], 'b');
	buffer_free(&label);
}
