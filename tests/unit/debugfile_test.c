/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debug files: where they are found, and that a wrong one is not taken. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "symbol/debugfile.h"
#include "symbol/symbolizer.h"
#include "toolchain.h"

/* A program split in two: prog without names, prog.debug with them, and prog's link to it. */
static void begin(void)
{
	toolchain_begin();
	toolchain_run("mkdir bin debug");
	toolchain_chain("bin/prog", "gcc", "-Wl,--build-id=0xaabbccddee");
	toolchain_run("cd bin && objcopy --only-keep-debug prog prog.debug && strip prog && "
		      "objcopy --add-gnu-debuglink=prog.debug prog && mv prog.debug ..");
}

TestSuite(debugfile, .init = begin, .fini = toolchain_end);

/* The names of prog's marked place with DIR as --debug-dir, and what was said. */
static struct symbolizer *symbolizer;
static struct symbol_source source;
static struct symbol levels[8];

static size_t look_up(const char *dir, const char *root)
{
	const char *dirs[] = {dir, NULL};
	struct symbolizer_options options = {.debug_dirs = dirs, .in_process = true};
	char *path = root ? xstrdup("/bin/prog") : realpath("bin/prog", NULL);
	struct symbol_module module = {.path = path, .root = root};
	size_t count;

	symbolizer = symbolizer_new(&options);
	count = symbolizer_lookup(symbolizer, symbolizer_module(symbolizer, &module),
		toolchain_mark("bin/prog") + 1, levels, 8);
	source = symbolizer_source(symbolizer, 0);
	free(path);
	return count;
}

static void check_found(const char *dir, const char *root, const char *from)
{
	size_t count = look_up(dir, root), length = strlen(from);

	cr_assert_eq(count, 3, "%s: %s", from, source.why ? source.why : "-");
	cr_assert_str_eq(levels[0].function, "inner");
	cr_assert_eq(levels[0].lineno, CHAIN_INNER);
	cr_assert_eq(source.names, MODULE_NAMES_DWARF);
	cr_assert(source.from && strlen(source.from) >= length &&
			  !strcmp(source.from + strlen(source.from) - length, from),
		"from %s", source.from);
	symbolizer_free(symbolizer);
}

static void check_not_found(const char *dir, const char *why)
{
	cr_assert_eq(look_up(dir, NULL), 1);
	cr_assert_null(levels[0].filename);
	cr_assert_eq(source.names, MODULE_NAMES_NONE);
	cr_assert_null(source.from);
	cr_assert_not_null(strstr(source.why, why), "%s", source.why);
	symbolizer_free(symbolizer);
}

Test(debugfile, none)
{
	check_not_found(NULL, "no debug file is installed for it");
	check_not_found("debug", "no debug file is installed for it");
}

Test(debugfile, by_build_id)
{
	toolchain_run(
		"mkdir -p debug/.build-id/aa && mv prog.debug debug/.build-id/aa/bbccddee.debug");
	check_not_found(NULL, "no debug file is installed for it");
	check_found("debug", NULL, "debug/.build-id/aa/bbccddee.debug");
}

Test(debugfile, by_build_id_although_the_program_is_gone)
{
	static const uint8_t id[] = {0xaa, 0xbb, 0xcc, 0xdd, 0xee};
	const char *dirs[] = {"debug", NULL};
	struct symbolizer_options options = {.debug_dirs = dirs, .in_process = true};
	struct symbol_module module = {
		.path = "/nowhere/prog (deleted)", .build_id = id, .build_id_size = sizeof id};
	uint64_t mark = toolchain_mark("bin/prog");

	toolchain_run("mkdir -p debug/.build-id/aa && mv prog.debug "
		      "debug/.build-id/aa/bbccddee.debug && rm -r bin");
	symbolizer = symbolizer_new(&options);
	cr_assert_eq(symbolizer_lookup(symbolizer, symbolizer_module(symbolizer, &module), mark + 1,
			     levels, 8),
		3);
	cr_assert_str_eq(levels[2].function, "outer");
	symbolizer_free(symbolizer);
}

Test(debugfile, of_another_build_id_is_refused)
{
	toolchain_chain("other", "gcc", "-Wl,--build-id=0xaabbccddff");
	toolchain_run("mkdir -p debug/.build-id/aa && mv other debug/.build-id/aa/bbccddee.debug");
	check_not_found("debug",
		"debug/.build-id/aa/bbccddee.debug is of another build: its build-id differs");
}

Test(debugfile, by_link_beside_the_program)
{
	toolchain_run("mv prog.debug bin");
	check_found(NULL, NULL, "bin/prog.debug");
}

Test(debugfile, by_link_in_a_hidden_folder)
{
	toolchain_run("mkdir bin/.debug && mv prog.debug bin/.debug");
	check_found(NULL, NULL, "bin/.debug/prog.debug");
}

Test(debugfile, by_link_under_the_debug_dir)
{
	toolchain_run("mkdir -p debug/$(pwd)/bin && cp prog.debug debug/$(pwd)/bin");
	check_found("debug", NULL, "/bin/prog.debug");
	toolchain_run("rm -r debug/tmp && mv prog.debug debug");
	check_found("debug", NULL, "debug/prog.debug");
}

Test(debugfile, of_another_checksum_is_refused)
{
	toolchain_run("printf x >>prog.debug && mv prog.debug bin");
	check_not_found(NULL, "bin/prog.debug is of another build: its checksum differs");
}

Test(debugfile, without_names_is_refused)
{
	toolchain_run(
		"mkdir -p debug/.build-id/aa && cp bin/prog debug/.build-id/aa/bbccddee.debug");
	check_not_found("debug", "has no debug information");
}

Test(debugfile, in_another_root)
{
	char root[PATH_MAX];

	cr_assert_not_null(getcwd(root, sizeof root));
	toolchain_run("mkdir -p usr/lib/debug/.build-id/aa && cp prog.debug "
		      "usr/lib/debug/.build-id/aa/bbccddee.debug");
	check_found(NULL, root, "/usr/lib/debug/.build-id/aa/bbccddee.debug");
	toolchain_run("rm -r usr && mkdir -p usr/lib/debug/bin && mv prog.debug usr/lib/debug/bin");
	check_found(NULL, root, "/usr/lib/debug/bin/prog.debug");
}
