/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file's symbol table, sorted by address: names of functions where there is nothing better, and
 * the better name of an outermost function where there is (aliases, `.cold` parts). Facts: gABI
 * chapter 4, "Symbol Table".
 */
#ifndef SYMBOL_SYMTAB_H
#define SYMBOL_SYMTAB_H

#include "symbol/elf.h"

struct symtab_entry {
	uint64_t address, size;
	const char *name; /* points into the file; not demangled */
};

struct symtab {
	struct elf *mini; /* the file in .gnu_debugdata, whose names are used; or NULL */
	struct symtab_entry *entries;
	size_t count;
	struct symtab_entry *plt; /* name of what the entry calls, without "@plt" */
	size_t n_plt;
};

/* Reads .symtab, or where there is none .dynsym and the symbols of .gnu_debugdata (minidebug.h),
 * which are those that .dynsym has not: gdb's rule. The names live as long as ELF and SYMTAB. */
void symtab_read(struct symtab *symtab, struct elf *elf);
void symtab_free(struct symtab *symtab);

/*
 * The symbol that holds ADDRESS: of those before it the nearest, of several at one place the
 * largest, of equals the last in the table (so llvm-symbolizer does). One of size 0 reaches to the
 * next. NULL when that symbol ends before ADDRESS.
 */
const struct symtab_entry *symtab_find(const struct symtab *symtab, uint64_t address);
/* The same, but an earlier, larger one is taken too, for want of anything better. */
const struct symtab_entry *symtab_find_around(const struct symtab *symtab, uint64_t address);
/* The entry of the procedure linkage table at ADDRESS, or NULL. */
const struct symtab_entry *symtab_find_plt(const struct symtab *symtab, uint64_t address);

#endif
