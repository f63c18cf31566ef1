/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Procedure linkage tables of every form that the linkers at hand make. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "symbol/symtab.h"
#include "toolchain.h"

TestSuite(plt, .init = toolchain_begin, .fini = toolchain_end);

/* puts and getenv are called, the address of abs is also taken, which moves its entry to .plt.got;
 * own is an IFUNC of the file's. */
static const char program[] =
	"#include <stdio.h>\n#include <stdlib.h>\n"
	"static int one(void) { return 1; }\n"
	"static int (*pick(void))(void) { return one; }\n"
	"int own(void) __attribute__((ifunc(\"pick\")));\n"
	"int (*volatile taken)(int) = abs;\n"
	"int main(int c, char **v) { return puts(v[c - 1]) + !getenv(v[0]) + own() + abs(c) + taken(c); }\n";

static struct elf *elf;
static struct symtab symtab;

static void build(const char *flags)
{
	struct error err = ERROR_INIT;

	toolchain_write("plt.c", program, sizeof program - 1);
	toolchain_run("gcc -O2 -fno-builtin %s plt.c -o plt", flags);
	elf = elf_open("plt", &err);
	cr_assert_not_null(elf, "%s", err.text);
	symtab_read(&symtab, elf);
}

static void drop(void)
{
	symtab_free(&symtab);
	elf_close(elf);
}

/* SECTION has an entry of each of NAMES (up to a NULL), which is found by all of its bytes. */
static void check_section(const char *flags, const char *section_name, const char *const *names)
{
	const struct elf_section *section = elf_section(elf, section_name);

	cr_assert_not_null(section, "%s: no %s", flags, section_name);
	for (; *names; names++) {
		const struct symtab_entry *found = NULL;

		for (uint64_t at = section->address; at < section->address + section->size; at++) {
			const struct symtab_entry *entry = symtab_find_plt(&symtab, at);

			if (entry && !strncmp(entry->name, *names, strlen(*names)))
				found = entry;
		}
		cr_assert_not_null(found, "%s: no %s in %s", flags, *names, section_name);
		cr_assert(found->size == 8 || found->size == 16);
	}
}

#define NAMES(...) (const char *const[]){__VA_ARGS__, NULL}

static void check_objdump(const char *flags)
{
	size_t size, n = 0;
	uint8_t *data;

	toolchain_run("objdump -d plt | awk '/<[a-z_]+@plt>:/ { print $1, $2 }' >list");
	data = toolchain_read("list", &size);
	data[size] = 0;
	for (char *line = strtok((char *)data, "\n"); line; line = strtok(NULL, "\n"), n++) {
		char *end;
		uint64_t address = strtoull(line, &end, 16);
		const struct symtab_entry *entry = symtab_find_plt(&symtab, address + 5);

		cr_assert_not_null(entry, "%s: %s", flags, line);
		cr_assert_eq(strncmp(end + 2, entry->name, strcspn(end + 2, "@")), 0, "%s: %s is %s",
			flags, line, entry->name);
	}
	cr_assert_geq(n, 2, "%s", flags);
	free(data);
}

Test(plt, one_jump_an_entry)
{
	static const char *const flags[] = {"-fcf-protection=none -Wl,-z,lazy",
		"-fcf-protection=none -no-pie -Wl,-z,lazy", "-fcf-protection=none -no-pie -Wl,-z,now"};

	for (size_t i = 0; i < 3; i++) {
		build(flags[i]);
		check_objdump(flags[i]);
		check_section(flags[i], ".plt", NAMES("puts", "getenv"));
		drop();
	}
}

Test(plt, short_entries_of_functions_that_are_also_pointed_at)
{
	static const char *const flags[] = {"-fcf-protection=none -Wl,-z,lazy",
		"-fcf-protection=none -Wl,-z,now"};

	for (size_t i = 0; i < 2; i++) {
		build(flags[i]);
		cr_assert_eq(elf_section(elf, ".plt.got")->entry_size, 8);
		check_section(flags[i], ".plt.got", NAMES("__cxa_finalize"));
		drop();
	}
}

Test(plt, two_tables_where_indirect_branches_are_tracked)
{
	static const char *const flags[] = {"-fcf-protection=full -Wl,-z,ibtplt,-z,lazy",
		"-fcf-protection=full -no-pie -Wl,-z,ibtplt,-z,lazy",
		"-fcf-protection=full -Wl,-z,ibtplt,-z,now"};

	for (size_t i = 0; i < 3; i++) {
		build(flags[i]);
		check_objdump(flags[i]);
		check_section(flags[i], ".plt.sec", NAMES("puts", "getenv"));
		check_section(flags[i], ".plt", NAMES("puts", "getenv"));
		cr_assert_null(symtab_find_plt(&symtab, elf_section(elf, ".plt")->address),
			"the first entry is nobody's");
		drop();
	}
}

Test(plt, an_ifunc_of_the_files_own)
{
	static const char *const flags[] = {"-fcf-protection=none", "-fcf-protection=none -no-pie",
		"-fcf-protection=full -Wl,-z,ibtplt", "-static"};

	for (size_t i = 0; i < 4; i++) {
		const struct symtab_entry *entry = NULL;

		build(flags[i]);
		for (size_t k = 0; k < symtab.n_plt && !entry; k++)
			if (!strcmp(symtab.plt[k].name, "own") || !strcmp(symtab.plt[k].name, "pick"))
				entry = &symtab.plt[k];
		cr_assert_not_null(entry, "%s", flags[i]);
		drop();
	}
}

Test(plt, of_another_linker)
{
	if (!toolchain_has("ld.lld"))
		cr_skip("there is no lld");
	build("-fuse-ld=lld -fcf-protection=none");
	check_section("lld", ".plt", NAMES("puts", "getenv"));
	drop();
	build("-fuse-ld=lld -fcf-protection=full -Wl,-z,force-ibt");
	check_section("lld with IBT", ".plt.sec", NAMES("puts", "getenv"));
	drop();
}
