/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbol tables of assembled files: which symbol holds an address. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "symbol/symtab.h"
#include "toolchain.h"

TestSuite(symtab, .init = toolchain_begin, .fini = toolchain_end);

static const char assembly[] =
	".text\n"
	".globl _start\n"
	"_start: .skip 16, 0x90\n .size _start, 16\n .type _start, @function\n" /* 0..16 */
	".globl wide, narrow, alias_b, alias_a\n"
	"wide: alias_a: alias_b: .skip 8, 0x90\n" /* 16..24, wide to 48 */
	"narrow: .skip 8, 0x90\n .size narrow, 4\n .type narrow, @function\n" /* 24..28 */
	".skip 16, 0x90\n .size wide, 32\n .type wide, @function\n"
	".size alias_a, 8\n .type alias_a, @function\n .size alias_b, 32\n .type alias_b, "
	"@function\n"
	"unsized: .skip 16, 0x90\n" /* 48..64, no size, no type */
	"next: .skip 8, 0x90\n .size next, 8\n .type next, @function\n" /* 64..72 */
	"last: .skip 8, 0x90\n"						/* 72..80, to the end */
	".data\n"
	"datum: .quad 0\n .size datum, 8\n .type datum, @object\n"
	".section .debug_x\n"
	"mark: .quad 0\n";

static struct elf *elf;
static struct symtab symtab;
static uint64_t base;

static void open_symbols(const char *path)
{
	struct error err = ERROR_INIT;

	elf = elf_open(path, &err);
	cr_assert_not_null(elf, "%s", err.text);
	symtab_read(&symtab, elf);
}

static void close_symbols(void)
{
	symtab_free(&symtab);
	elf_close(elf);
}

static void check(uint64_t offset, const char *wanted, const char *around)
{
	const struct symtab_entry *entry = symtab_find(&symtab, base + offset);

	cr_assert_str_eq(entry ? entry->name : "(none)", wanted, "at %lu: %s", offset,
		entry ? entry->name : "(none)");
	entry = symtab_find_around(&symtab, base + offset);
	cr_assert_str_eq(entry ? entry->name : "(none)", around, "around %lu", offset);
}

Test(symtab, whose_an_address_is)
{
	toolchain_write("s.s", assembly, sizeof assembly - 1);
	toolchain_run("gcc -nostdlib -static s.s -o s");
	open_symbols("s");
	base = elf_section(elf, ".text")->address;
	check(0, "_start", "_start");
	check(15, "_start", "_start");
	/* Of three at one place the largest, of equals the last in the table. */
	cr_assert(symtab_find(&symtab, base + 16)->size == 32);
	check(16, symtab_find(&symtab, base + 23)->name, symtab_find(&symtab, base + 16)->name);
	check(24, "narrow", "narrow");
	cr_assert_null(symtab_find(&symtab, base + 28), "narrow has ended");
	cr_assert_eq(symtab_find_around(&symtab, base + 28)->size, 32);
	check(48, "unsized", "unsized");
	check(63, "unsized", "unsized");
	check(64, "next", "next");
	check(72, "last", "last");
	check(79, "last", "last");
	check(80, "(none)", "(none)");
	check(-1, "(none)", "(none)");
	cr_assert_null(symtab_find(&symtab, elf_section(elf, ".data")->address), "data is no code");
	close_symbols();
}

Test(symtab, dynamic_symbols_for_want_of_others)
{
	toolchain_chain("c.so", "gcc", "-shared -fPIC");
	toolchain_run("strip c.so");
	open_symbols("c.so");
	cr_assert_str_eq(symtab_find(&symtab, toolchain_mark("c.so"))->name, "outer");
	close_symbols();
}

Test(symtab, no_symbols_at_all)
{
	toolchain_chain("c", "gcc", "-static");
	toolchain_run("strip c");
	open_symbols("c");
	cr_assert_eq(symtab.count, 0);
	cr_assert_null(symtab_find(&symtab, toolchain_mark("c")));
	cr_assert_null(symtab_find_around(&symtab, toolchain_mark("c")));
	close_symbols();
}

static void check_plt(const char *flags)
{
	static const char text[] =
		"#include <stdio.h>\n#include <stdlib.h>\n"
		"int main(int c, char **v) { return puts(v[c - 1]) + atoi(v[0]) + puts(v[0]); }\n";
	const struct symtab_entry *entry;
	uint64_t address;
	size_t size;
	uint8_t *data;

	toolchain_write("plt.c", text, sizeof text - 1);
	toolchain_run("gcc -O2 %s plt.c -o plt && objdump -d plt | awk "
		      "'/<(puts|atoi|strtol)@plt>:/ { print $1, $2 }' >list",
		flags);
	data = toolchain_read("list", &size);
	data[size] = 0;
	cr_assert_gt(size, 20);
	open_symbols("plt");
	for (char *line = strtok((char *)data, "\n"); line; line = strtok(NULL, "\n")) {
		char *end;

		address = strtoull(line, &end, 16);
		entry = symtab_find_plt(&symtab, address + 7);
		cr_assert_not_null(entry, "%s: %s", flags, line);
		cr_assert_eq(strncmp(end + 2, entry->name, strlen(entry->name)), 0, "%s: %s", line,
			entry->name);
	}
	close_symbols();
	free(data);
}

Test(symtab, procedure_linkage_tables)
{
	check_plt("-fcf-protection=full");
	check_plt("-fcf-protection=none");
	check_plt("-fcf-protection=none -Wl,-z,now -no-pie");
	check_plt("-fcf-protection=full -Wl,-z,lazy -no-pie");
}
