/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OLD=NEW: which names it fits, and what becomes of them. */
#include <criterion/criterion.h>
#include <string.h>
#include "report/path_map.h"

static struct path_maps maps;
static struct strings *strings;

static void begin(void)
{
	maps = (struct path_maps){{0}};
	strings = strings_new();
}

static void end(void)
{
	path_maps_release(&maps);
	strings_free(strings);
}

TestSuite(path_map, .init = begin, .fini = end);

/* What becomes of NAME under MAP alone. */
static void check(const char *map, const char *name, const char *want)
{
	struct error err = ERROR_INIT;

	path_maps_release(&maps);
	cr_assert_eq(path_maps_add(&maps, map, &err), 0, "%s", err.text);
	cr_assert_str_eq(strings_get(strings, path_maps_name(&maps, strings, strings_add(strings, name))), want, "%s of %s",
		map, name);
	cr_assert_eq(maps.all.items[0].used, strcmp(name, want) != 0);
}

Test(path_map, old_is_whole_components_at_the_beginning)
{
	check("/build=/src", "/build/a.c", "/src/a.c");
	check("/build=/src", "/build", "/src");
	check("/build=/src", "/build/x/a.c", "/src/x/a.c");
	check("/build=/src", "/builder/a.c", "/builder/a.c");
	check("/build=/src", "/x/build/a.c", "/x/build/a.c");
	check("/build=/src", "build/a.c", "build/a.c");
	check("/build=/src", "/buil", "/buil");
	check("/b/a.c=/c.c", "/b/a.c", "/c.c");
	check(".=/usr/src", "./csu/../x.c", "/usr/src/csu/../x.c");
	check(".=/usr/src", ".hidden/x.c", ".hidden/x.c");
	check("b=c", "b/a.c", "c/a.c");
}

Test(path_map, slashes_at_ends_mean_nothing)
{
	check("/build/=/src", "/build/a.c", "/src/a.c");
	check("/build=/src//", "/build/a.c", "/src/a.c");
	check("/build//=/src/", "/build//a.c", "/src/a.c");
}

Test(path_map, the_root_is_all_that_is_absolute)
{
	check("/=/root", "/a.c", "/root/a.c");
	check("/=/root", "a.c", "a.c");
	check("/build=/", "/build/a.c", "/a.c");
	check("//=/root", "/x/a.c", "/root/x/a.c");
}

Test(path_map, without_a_new_one_names_are_relative)
{
	check("/build=", "/build/x/a.c", "x/a.c");
	check("/build=", "/build", "/build");
	check("/build=x=y", "/build/a.c", "x=y/a.c");
}

Test(path_map, what_is_no_name_stays)
{
	check("<unknown>=/x", "<unknown>", "<unknown>");
	check("/=/x", "", "");
}

Test(path_map, the_first_that_fits_is_used_once)
{
	struct error err = ERROR_INIT;
	string_id name = strings_add(strings, "/a/b/c.c");

	cr_assert_eq(path_maps_add(&maps, "/z=/y", &err), 0);
	cr_assert_eq(path_maps_add(&maps, "/a=/x", &err), 0);
	cr_assert_eq(path_maps_add(&maps, "/a/b=/never", &err), 0);
	cr_assert_eq(path_maps_add(&maps, "/x=/never", &err), 0);
	cr_assert_str_eq(strings_get(strings, path_maps_name(&maps, strings, name)), "/x/b/c.c");
	cr_assert_not(maps.all.items[0].used);
	cr_assert(maps.all.items[1].used);
	cr_assert_not(maps.all.items[2].used);
	cr_assert_not(maps.all.items[3].used);
}

Test(path_map, what_is_no_map_is_an_error)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(path_maps_add(&maps, "/build", &err), -1);
	cr_assert_str_eq(err.text, "'/build' is not OLD=NEW");
	cr_assert_eq(path_maps_add(&maps, "=/src", &err), -1);
	cr_assert_str_eq(err.text, "'=/src' has nothing before its =");
	cr_assert_eq(path_maps_add(&maps, "", &err), -1);
	cr_assert_eq(maps.all.count, 0);
}

Test(path_map, frames_of_modules_keep_their_names)
{
	struct snapshot *snapshot = snapshot_new();
	struct error err = ERROR_INIT;

	for (int i = 0; i < 3; i++)
		ARRAY_PUSH(&snapshot->frames)->filename = strings_add(snapshot->strings, "/b/x");
	snapshot->frames.items[1].flags = FRAME_NO_LINE;
	cr_assert_eq(path_maps_add(&maps, "/b=/c", &err), 0);
	path_maps_apply(&maps, snapshot);
	cr_assert_str_eq(strings_get(snapshot->strings, snapshot->frames.items[0].filename), "/c/x");
	cr_assert_str_eq(strings_get(snapshot->strings, snapshot->frames.items[1].filename), "/b/x");
	cr_assert_eq(snapshot->frames.items[2].filename, snapshot->frames.items[0].filename);
	snapshot_free(snapshot);
}
