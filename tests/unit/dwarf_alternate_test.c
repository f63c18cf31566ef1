/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alternate files on real files: what dwz made of two programs, where its file is looked for, and
 * what a missing, wrong or corrupt one costs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "chains.h"
#include "toolchain.h"

TestSuite(dwarf_alternate, .init = toolchain_begin, .fini = toolchain_end, .timeout = 240);

#define NEED_DWZ                                                                                   \
	do                                                                                         \
		if (!toolchain_has("dwz"))                                                         \
			cr_skip("there is no dwz");                                                \
	while (0)

/* Programs c and d, of which dwz has put what they share into common. */
static void make(const char *flags, const char *options)
{
	toolchain_chain_cc("c", "g++", flags);
	toolchain_run("cp c d && rm -f common && dwz %s -m common c d", options);
}

static struct answer answer(const char *path)
{
	return answer_of(path, NULL);
}

static void check(const char *path, const char *what)
{
	struct answer got = answer(path);

	cr_assert_str_eq(got.chain, CC_CHAIN, "%s: %s, why %s", what, got.chain, got.why);
	cr_assert_str_eq(got.why, "", "%s", what);
}

Test(dwarf_alternate, names_in_an_alternate_file)
{
	NEED_DWZ;
	make("-gdwarf-4", "");
	check("c", "DWARF 4");
	check("d", "DWARF 4");
	make("-gdwarf-5", "");
	check("c", "DWARF 5");
	make("-gdwarf-5", "--dwarf-5"); /* .debug_sup and its forms */
	check("c", ".debug_sup");
	toolchain_chain_cc("c", "g++", "-gdwarf-5");
	toolchain_run("dwz c"); /* partial units in the file itself */
	check("c", "one file");
	if (!toolchain_has("clang++"))
		return;
	toolchain_chain_cc("c", "clang++", "-gdwarf-4"); /* dwz does not know its DWARF 5 */
	toolchain_run("cp c d && rm -f common && dwz -m common c d");
	check("c", "clang");
}

Test(dwarf_alternate, is_found_where_debuggers_look)
{
	const char *dirs[] = {"dir", NULL};
	struct symbolizer_options options = {.debug_dirs = dirs};

	NEED_DWZ;
	make("-gdwarf-5", "-M /nowhere/.dwz/x/common.debug");
	toolchain_run("mkdir -p dir/.dwz/x && mv common dir/.dwz/x/common.debug");
	cr_assert_str_eq(answer_of("c", &options).chain, CC_CHAIN, ".dwz/ by its path");
	toolchain_run("mv dir/.dwz/x/common.debug dir/.dwz/");
	cr_assert_str_eq(answer_of("c", &options).chain, CC_CHAIN, ".dwz/ by its name");
	toolchain_run("id=$(readelf -n dir/.dwz/common.debug | awk '/Build ID/ { print $3 }'); "
		      "mkdir -p dir/.build-id/$(echo $id | cut -c1-2) && "
		      "mv dir/.dwz/common.debug dir/.build-id/$(echo $id | cut -c1-2)/$(echo $id | "
		      "cut -c3-).debug");
	cr_assert_str_eq(answer_of("c", &options).chain, CC_CHAIN, "by its id");
	toolchain_run("mv dir/.build-id/*/* common.debug");
	check("c", "beside the file");
}

static void check_lost(const char *reason)
{
	struct answer got = answer("c");

	/* The lines are in the file itself, and so is the symbol table. */
	cr_assert(strstr(got.chain, " chain.cc:4"), "%s", got.chain);
	cr_assert(strstr(got.chain, "shop::outer(shop::Till&, int const*) "), "%s", got.chain);
	cr_assert_str_neq(got.chain, CC_CHAIN);
	cr_assert_eq(got.names, MODULE_NAMES_DWARF);
	cr_assert(strstr(got.why,
			  "its alternate file (dwz) cannot be used, and names in it are missing: "),
		"%s", got.why);
	cr_assert(strstr(got.why, reason), "%s", got.why);
}

Test(dwarf_alternate, a_missing_or_wrong_file_is_told_of)
{
	NEED_DWZ;
	make("-gdwarf-5", "");
	toolchain_run("mv common keep");
	check_lost("common: No such file or directory");
	toolchain_run("cp c common");
	check_lost("common is of another build: its build-id differs");
	toolchain_run("echo text >common");
	check_lost("common: it is not an ELF file");
	toolchain_run("mv keep common");
	check("c", "again");
}

Test(dwarf_alternate, a_corrupt_file_costs_names)
{
	const struct symbolizer_options inside = {.in_process = true};
	size_t size, changed = 0;
	uint8_t *sound, *image;

	NEED_DWZ;
	make("-gdwarf-4", "");
	sound = toolchain_read("common", &size);
	image = xmalloc(size);
	for (unsigned seed = 0; seed < 200; seed++) {
		struct answer got;

		memcpy(image, sound, size);
		srandom(seed);
		for (unsigned changes = 1 + random() % 32; changes; changes--)
			image[random() % size] = random() % 3 ? random() : 0xff;
		toolchain_write("common", image, seed % 2 ? size : size - random() % size);
		got = answer_of("c", &inside);
		cr_assert(strstr(got.chain, ":4"), "%s", got.chain);
		cr_assert(strstr(got.chain, "shop::outer(shop::Till&, int const*) "), "%s",
			got.chain);
		changed += strcmp(got.chain, CC_CHAIN) != 0;
	}
	cr_assert_gt(changed, 0, "nothing was harmed: the test tests nothing");
	free(sound);
	free(image);
}
