/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places where other files are looked for, in their order. */
#include <criterion/criterion.h>
#include <string.h>
#include "symbol/companion.h"

static char tried[4096];

/* A place in another root is written as ROOT:PATH. */
static bool note(void *data, const struct rooted *place)
{
	const char *wanted = data;

	if (place->root)
		strcat(strcat(tried, place->root), ":");
	strcat(strcat(tried, place->path), "\n");
	return wanted && !strcmp(place->path, wanted);
}

static const char *const dirs[] = {"/d", "/e", NULL};

static struct companion_search search_of(const char *root)
{
	tried[0] = 0;
	return (struct companion_search){
		.at = {NULL, "/dbg/x.debug"}, .program = {root, "/bin/x"}, .dirs = dirs};
}

Test(companion, places_of_split_units)
{
	struct companion_search search = search_of(NULL);

	cr_assert_not(companion_split(&search, "/build", "o/a.dwo", note, NULL));
	cr_assert_str_eq(tried, "/build/o/a.dwo\n/d//build/o/a.dwo\n/d/o/a.dwo\n/d/a.dwo\n"
				"/e//build/o/a.dwo\n/e/o/a.dwo\n/e/a.dwo\n"
				"/bin/o/a.dwo\n/bin/a.dwo\n/dbg/a.dwo\n");
	search = search_of("/r");
	search.dirs = NULL;
	cr_assert_not(companion_split(&search, "/build", "/abs/a.dwo", note, NULL));
	cr_assert_str_eq(tried, "/r:/abs/a.dwo\n/abs/a.dwo\n/r:/bin/a.dwo\n/dbg/a.dwo\n");
	search = search_of(NULL);
	cr_assert(
		companion_split(&search, NULL, "a.dwo", note, "/d/a.dwo"), "the first that is it");
	cr_assert_str_eq(tried, "a.dwo\n/d/a.dwo\n");
}

Test(companion, places_of_packages)
{
	struct companion_search search = search_of(NULL);

	cr_assert_not(companion_package(&search, note, NULL));
	cr_assert_str_eq(tried, "/bin/x.dwp\n/dbg/x.debug.dwp\n/dbg/x.dwp\n/d/x.dwp\n/d/bin/x.dwp\n"
				"/e/x.dwp\n/e/bin/x.dwp\n");
}

Test(companion, places_of_alternate_files)
{
	const struct companion_link link = {
		"../.dwz/x86/a.debug", (const uint8_t *)"\x12\x34\x56", 3};
	struct companion_search search = search_of("/r");

	search.dirs = &dirs[1];
	cr_assert_not(companion_alternate(&search, &link, note, NULL));
	cr_assert_str_eq(tried,
		"/dbg/../.dwz/x86/a.debug\n/dbg/a.debug\n"
		"/e/.build-id/12/3456.debug\n/e/.dwz/x86/a.debug\n/e/.dwz/a.debug\n"
		"/r:/usr/lib/debug/.build-id/12/3456.debug\n/r:/usr/lib/debug/.dwz/x86/a.debug\n"
		"/r:/usr/lib/debug/.dwz/a.debug\n"
		"/usr/lib/debug/.build-id/12/3456.debug\n/usr/lib/debug/.dwz/x86/a.debug\n"
		"/usr/lib/debug/.dwz/a.debug\n");
}

Test(companion, a_file_that_is_nowhere_has_none_beside_it)
{
	struct companion_search search = {0};
	const struct companion_link link = {"a", (const uint8_t *)"", 0};

	tried[0] = 0;
	cr_assert_not(companion_package(&search, note, NULL));
	cr_assert_str_eq(tried, "");
	cr_assert_not(companion_split(&search, "/b", "a.dwo", note, NULL));
	cr_assert_str_eq(tried, "/b/a.dwo\n");
	tried[0] = 0;
	cr_assert_not(companion_alternate(&search, &link, note, NULL));
	cr_assert_str_eq(tried, "/usr/lib/debug/.dwz/a\n");
}
