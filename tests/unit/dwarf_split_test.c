/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Split units on real files: .dwo files and packages of both versions, where they are looked for,
 * and that a missing, stale or corrupt one costs what is in it and nothing else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "chains.h"
#include "toolchain.h"

TestSuite(dwarf_split, .init = toolchain_begin, .fini = toolchain_end, .timeout = 240);

static const char *const versions[] = {"-gdwarf-4 -gsplit-dwarf", "-gdwarf-5 -gsplit-dwarf"};

static void check(const char *path, const char *flags, const char *wanted)
{
	const struct symbolizer_options inside = {.in_process = true};
	struct answer answer = answer_of(path, NULL);

	cr_assert_str_eq(
		answer.chain, wanted, "%s: got %s, why %s", flags, answer.chain, answer.why);
	cr_assert_str_eq(answer.why, "", "%s", flags);
	cr_assert_eq(answer.names, MODULE_NAMES_DWARF);
	answer = answer_of(path, &inside);
	cr_assert_str_eq(answer.chain, wanted, "%s", flags);
}

/* The lines stay, which are in the main file; so does the symbol table's name. */
static void check_lost(
	const char *path, const struct symbolizer_options *options, const char *reason)
{
	struct answer answer = answer_of(path, options);

	cr_assert_str_eq(answer.chain, "outer chain.c:4");
	cr_assert_eq(answer.names, MODULE_NAMES_DWARF);
	cr_assert(strstr(answer.why, "1 of the 1 .dwo files that were needed cannot be used, so "
				     "functions inlined there are missing; the first: "),
		"%s", answer.why);
	cr_assert(strstr(answer.why, reason), "%s", answer.why);
}

static void check_compiler(const char *cc, const char *cxx)
{
	static const char *const more[] = {"", "-gz=zlib", "-ffunction-sections -Wl,--gc-sections",
		"-no-pie", "-fdebug-types-section", "-gdwarf64"};

	if (!toolchain_has(cc) || !toolchain_has(cxx))
		cr_skip("there is no %s", cc);
	for (size_t i = 0; i < 2 * sizeof more / sizeof *more; i++) {
		char flags[128];

		snprintf(flags, sizeof flags, "%s %s", versions[i % 2], more[i / 2]);
		toolchain_chain("c", cc, flags);
		check("c", flags, C_CHAIN);
		toolchain_chain_cc("cc", cxx, flags);
		check("cc", flags, CC_CHAIN);
		toolchain_run("rm *.dwo");
	}
}

Test(dwarf_split, chains_of_gcc)
{
	check_compiler("gcc", "g++");
}

Test(dwarf_split, chains_of_clang)
{
	check_compiler("clang", "clang++");
}

Test(dwarf_split, of_clang_in_the_object_itself)
{
	if (!toolchain_has("clang"))
		cr_skip("there is no clang");
	toolchain_chain("c.o", "clang", "-gdwarf-5 -gsplit-dwarf=single -c");
	toolchain_run("clang c.o -o c");
	check("c", "single", C_CHAIN);
}

/* False: the tool cannot, whose fault that is. llvm-dwp of LLVM 14 does not come back from some
 * units of gcc's, and binutils' dwp does not know DWARF 5. */
static bool make_package(const char *tool, const char *cc, const char *version)
{
	toolchain_chain("c", cc, version);
	toolchain_run("timeout 10 %s -e c -o c.dwp >/dev/null 2>&1 || rm -f c.dwp; rm *.dwo", tool);
	return !access("c.dwp", F_OK);
}

static bool check_package(const char *tool, const char *cc, const char *version)
{
	if (!toolchain_has(tool) || !toolchain_has(cc) || !make_package(tool, cc, version))
		return false;
	check("c", tool, C_CHAIN);
	/* Beside the debug file, under either name. */
	toolchain_run(
		"objcopy --only-keep-debug c c.debug && strip -g c && "
		"objcopy --add-gnu-debuglink=c.debug c && mkdir .debug && mv c.debug c.dwp .debug");
	check("c", tool, C_CHAIN);
	toolchain_run("mv .debug/c.dwp .debug/c.debug.dwp");
	check("c", tool, C_CHAIN);
	toolchain_run("rm -r .debug c");
	return true;
}

Test(dwarf_split, packages_of_version_2)
{
	bool any = check_package("dwp", "gcc", versions[0]);

	any |= check_package("dwp", "clang", versions[0]);
	any |= check_package("llvm-dwp", "clang", versions[0]);
	if (!any)
		cr_skip("there is neither dwp nor llvm-dwp");
}

Test(dwarf_split, packages_of_version_5)
{
	if (!check_package("llvm-dwp", "clang", versions[1]))
		cr_skip("there is no llvm-dwp, or no clang");
}

Test(dwarf_split, a_unit_that_the_package_has_not_is_in_its_own_file)
{
	if (!toolchain_has("dwp"))
		cr_skip("there is no dwp");
	toolchain_chain("other", "gcc", "-gdwarf-4 -gsplit-dwarf -DOTHER -O1");
	toolchain_run("dwp -e other -o c.dwp && rm *.dwo");
	toolchain_chain("c", "gcc", versions[0]);
	check("c", "another's package", C_CHAIN);
	toolchain_write("c.dwp", "no package", 10);
	check("c", "no package", C_CHAIN);
}

Test(dwarf_split, files_that_have_moved_are_found)
{
	const char *dirs[] = {"elsewhere", NULL};
	struct symbolizer_options options = {.debug_dirs = dirs};

	for (size_t i = 0; i < 2; i++) {
		toolchain_run("mkdir build && mkdir -p elsewhere");
		toolchain_chain("c", "gcc", versions[i]);
		toolchain_run(
			"mv chain.c build && cd build && gcc -O2 -g %s chain.c -o c && mv c .. && "
			"mv *.dwo ../c.dwo && cd .. && name=$(strings -a c | grep -m 1 'dwo$') && "
			"mv c.dwo \"elsewhere/$name\" && rm -r build && rm -f *.dwo",
			versions[i]);
		cr_assert_str_eq(answer_of("c", &options).chain, C_CHAIN);
		check_lost("c", NULL, "No such file or directory");
		toolchain_run("mv elsewhere/* .");
		check("c", "beside the program", C_CHAIN);
		toolchain_run("rm *.dwo");
	}
}

Test(dwarf_split, a_missing_file_is_told_of)
{
	for (size_t i = 0; i < 2; i++) {
		toolchain_chain("c", "gcc", versions[i]);
		toolchain_run("rm *.dwo");
		check_lost("c", NULL, "No such file or directory");
	}
}

Test(dwarf_split, a_stale_file_is_not_used)
{
	for (size_t i = 0; i < 2; i++) {
		toolchain_chain("c", "gcc", versions[i]);
		/* The same, built again otherwise: it has the name and another id. */
		toolchain_run("cp c keep && sed -i 's/77/78/' chain.c && "
			      "gcc -O2 -g %s chain.c -o c && mv keep c",
			versions[i]);
		check_lost("c", NULL, "dwo is of another build: its id differs");
	}
}

Test(dwarf_split, what_is_no_such_file_is_told_of)
{
	toolchain_chain("c", "gcc", versions[1]);
	toolchain_run("for i in *.dwo; do echo text >$i; done");
	check_lost("c", NULL, "dwo: it is not an ELF file");
	toolchain_run("for i in *.dwo; do cp /bin/true $i; done");
	check_lost("c", NULL, "dwo is corrupt, or holds no split unit");
}

/* Whatever becomes of NAME: the innermost line is in the main file, the outermost name in its
 * symbol table. */
static void check_harmed(const char *name, const uint8_t *image, size_t size, unsigned *wrong)
{
	const struct symbolizer_options inside = {.in_process = true};
	struct answer answer;
	size_t length;

	toolchain_write(name, image, size);
	answer = answer_of("c", &inside);
	length = strlen(answer.chain);
	cr_assert(strstr(answer.chain, " chain.c:4"), "%s", answer.chain);
	cr_assert_gt(length, 5);
	cr_assert(strstr(answer.chain, "outer "), "%s", answer.chain);
	cr_assert_eq(answer.names, MODULE_NAMES_DWARF);
	*wrong += strcmp(answer.chain, C_CHAIN) != 0;
}

static void harm(const char *name)
{
	unsigned wrong = 0;
	size_t size;
	uint8_t *sound = toolchain_read(name, &size), *image = xmalloc(size);

	for (size_t cut = 0; cut < size; cut += 1 + size / 40)
		check_harmed(name, sound, size - cut, &wrong);
	for (unsigned seed = 0; seed < 150; seed++) {
		memcpy(image, sound, size);
		srandom(seed);
		for (unsigned changes = 1 + random() % 16; changes; changes--)
			image[random() % size] = random() % 3 ? random() : 0xff;
		check_harmed(name, image, size, &wrong);
	}
	cr_assert_gt(wrong, 0, "nothing was harmed: the test tests nothing");
	free(sound);
	free(image);
}

Test(dwarf_split, a_corrupt_file_costs_what_is_in_it)
{
	for (size_t i = 0; i < 2; i++) {
		toolchain_chain("c", "gcc", versions[i]);
		toolchain_run("name=$(echo *.dwo); mv $name c.dwo; ln -s c.dwo $name");
		harm("c.dwo");
		toolchain_run("rm *.dwo");
	}
}

Test(dwarf_split, a_corrupt_package_costs_what_is_in_it)
{
	bool any = make_package("dwp", "gcc", versions[0]);

	if (any)
		harm("c.dwp");
	if (toolchain_has("llvm-dwp") && toolchain_has("clang") &&
		make_package("llvm-dwp", "clang", versions[1])) {
		harm("c.dwp");
		any = true;
	}
	if (!any)
		cr_skip("there is neither dwp nor llvm-dwp");
}
