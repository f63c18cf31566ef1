/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbol tables of assembled files: which symbol holds an address. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitized.h"
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

Test(symtab, the_symbol_of_an_ifunc_is_its_resolvers)
{
	static const char text[] =
		"static int one(void) { return 1; }\n"
		"static int (*pick(void))(void) { return one; }\n"
		"int chosen(void) __attribute__((ifunc(\"pick\")));\n"
		"int main(void) { return chosen(); }\n";
	bool seen = false;

	toolchain_write("i.c", text, sizeof text - 1);
	toolchain_run("gcc -O0 -fPIC i.c -o i && strip -N pick i");
	open_symbols("i");
	for (size_t i = 0; i < symtab.count; i++)
		seen |= !strcmp(symtab.entries[i].name, "chosen") &&
			symtab_find(&symtab, symtab.entries[i].address) == &symtab.entries[i];
	cr_assert(seen, "without the static function it stands for, IFUNCs are functions");
	close_symbols();
}

Test(symtab, cold_parts_have_names_of_their_own)
{
	static const char text[] =
		"__attribute__((cold, noreturn)) void leave(int);\nint main(int c, char **v) { (void)v;\n"
		"if (c == 77) { leave(c + 1); } return c; }\n"
		"__attribute__((noinline)) void leave(int x) { for (;;) __asm__ volatile(\"\" :: \"r\"(x)); }\n";
	bool seen = false;

	toolchain_write("cold.c", text, sizeof text - 1);
	toolchain_run("gcc -O2 -freorder-blocks-and-partition cold.c -o cold");
	open_symbols("cold");
	for (size_t i = 0; i < symtab.count && !seen; i++)
		seen = !strcmp(symtab.entries[i].name, "main.cold") &&
		       symtab_find(&symtab, symtab.entries[i].address + 1) == &symtab.entries[i];
	cr_assert(seen, "gcc made no main.cold, or it is not found");
	close_symbols();
}

/* ---- MiniDebugInfo ---- */

/* As Fedora's find-debuginfo makes it: the functions of .symtab that .dynsym has not. */
#define MINI                                                                                       \
	"nm -D m --format=posix --defined-only | awk '{ print $1 }' | sort >dynamic && "           \
	"nm m --format=posix --defined-only | awk '$2 ~ /[Tt]/ { print $1 }' | sort >all && "      \
	"comm -13 dynamic all >keep && objcopy --only-keep-debug m m.debug && "                    \
	"objcopy -S --remove-section .gdb_index --remove-section .comment "                        \
	"--keep-symbols=keep m.debug mini && strip m && "

static const char mini_c[] =
	"static __attribute__((noinline)) int hidden(int x) { __asm__ volatile(\"\"); return x + 1; }\n"
	"int shown(int x) { return hidden(x) + 2; }\n";

static uint64_t address_of(const char *name)
{
	for (size_t i = 0; i < symtab.count; i++)
		if (!strcmp(symtab.entries[i].name, name))
			return symtab.entries[i].address;
	return 0;
}

Test(symtab, mini_debug_information_adds_what_dynsym_has_not)
{
	uint64_t hidden, shown;

	toolchain_write("m.c", mini_c, sizeof mini_c - 1);
	toolchain_run("gcc -g -O1 -shared -fPIC m.c -o m");
	open_symbols("m");
	hidden = address_of("hidden");
	shown = address_of("shown");
	cr_assert(hidden && shown);
	close_symbols();
	toolchain_run(MINI "xz <mini >mini.xz && objcopy --add-section .gnu_debugdata=mini.xz m");
	open_symbols("m");
	cr_assert_not_null(symtab.mini);
	cr_assert_str_eq(symtab_find(&symtab, hidden + 1)->name, "hidden");
	cr_assert_str_eq(symtab_find(&symtab, shown + 1)->name, "shown");
	close_symbols();
	/* Where there is a table of all symbols, nothing is unpacked. */
	toolchain_run("gcc -g -O1 -shared -fPIC m.c -o m && objcopy --add-section .gnu_debugdata=mini.xz m");
	open_symbols("m");
	cr_assert_null(symtab.mini);
	close_symbols();
}

static void check_no_mini(const char *what, const char *make)
{
	toolchain_run("gcc -O1 -shared -fPIC m.c -o m && strip m && %s && "
		      "objcopy --add-section .gnu_debugdata=bad.xz m", make);
	open_symbols("m");
	cr_assert_null(symtab.mini, "%s", what);
	cr_assert_neq(address_of("shown"), 0, "%s: .dynsym is still there", what);
	close_symbols();
}

#ifdef ADDRESS_SANITIZED
static const bool is_sanitized = true; /* its own memory grows */
#else
static const bool is_sanitized = false;
#endif

Test(symtab, mini_debug_information_that_is_a_bomb_or_broken_is_none, .timeout = 60)
{
	uint64_t before, after;
	char text[64];

	toolchain_write("m.c", mini_c, sizeof mini_c - 1);
	FILE *file = fopen("/proc/self/statm", "r");
	cr_assert_not_null(fgets(text, sizeof text, file));
	before = strtoull(text, NULL, 10);
	check_no_mini("100 MB of nothing", "head -c 100000000 /dev/zero | xz -1 >bad.xz");
	check_no_mini("cut short", "head -c 100000 /dev/urandom | xz | head -c 5000 >bad.xz");
	check_no_mini("no xz", "head -c 5000 /dev/zero >bad.xz");
	check_no_mini("no ELF file", "echo hello | xz >bad.xz");
	rewind(file);
	cr_assert_not_null(fgets(text, sizeof text, file));
	after = strtoull(text, NULL, 10);
	fclose(file);
	cr_assert(is_sanitized || after < before + 4096, "it is given back");
}
