/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>
#include "base/memory.h"
#include "report/json_scan.h"

static int scan(const char *text, struct error *err)
{
	*err = (struct error)ERROR_INIT;
	return json_scan(text, strlen(text), err);
}

Test(json_scan, takes_what_is_json)
{
	static const char *const texts[] = {"{}", "[]", " [ ] \n", "{\"a\":[1,-2.5e3,true,false,null,\"\\\"\\\\\"],\"b\":{}}",
		"[[],{},[{\"a\":{}}]]", "[\"[{,:\"]"};
	struct error err;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_assert_eq(scan(texts[i], &err), 0, "%s: %s", texts[i], err.text);
}

Test(json_scan, refuses_what_has_no_structure)
{
	static const char *const texts[] = {"", " ", "[", "{", "]", "[}", "{]", "[1 2]", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{1:2}", "{:1}", "[1:2]", "[\"a", "[\"a\\", "[]]", "[][]", "{\"a\":1 \"b\":2}", "[?]", ",", ":",
		"{\"a\",1}"};
	struct error err;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_assert_eq(scan(texts[i], &err), -1, "%s", texts[i]);
}

Test(json_scan, says_where)
{
	struct error err;

	cr_assert_eq(scan("[1,\n 2 3]", &err), -1);
	cr_assert_str_eq(err.text, "line 2, column 3: not JSON: this is not expected here");
	cr_assert_eq(scan("[1,\n [2", &err), -1);
	cr_assert_str_eq(err.text, "line 2, column 3: not JSON: it ends in the middle");
}

Test(json_scan, bears_any_depth)
{
	size_t size = 1 << 20;
	char *text = xmalloc(size);
	struct error err = ERROR_INIT;

	memset(text, '[', size);
	cr_assert_eq(json_scan(text, size, &err), -1);
	free(text);
}
