/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table has no symbols of its own: each entry jumps through a slot of the GOT, and the relocation
 * of that slot names the function. The jump is looked for in the entry's bytes (ff 25 and a
 * displacement, perhaps behind endbr64 and bnd), which serves .plt, .plt.sec, .plt.got and .iplt
 * alike. Where calls are bound lazily and indirect branches are tracked (IBT), an entry of .plt only
 * pushes the number of its relocation and goes on to the first one; then that number names it.
 *
 *      .plt.sec  endbr64; bnd jmp *slot(%rip)        .plt  endbr64; push $number; bnd jmp .plt
 *
 * The slot of an IFUNC of the file's own has no symbol: its relocation gives the address of the
 * resolver, which bears the function's name.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "symbol/plt.h"

#define ENTRY 16
#define SHORT_ENTRY 8 /* of .plt.got without IBT: a jump and two bytes of nothing */

struct slot {
	uint64_t address;
	const char *name;
};

/* A section of relocations, by number and by slot. */
struct slots {
	struct slot *by_number, *sorted;
	size_t count, n_sorted;
};

static int compare_slots(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static int compare_entries(const void *left, const void *right)
{
	const struct symtab_entry *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static const char *resolver_name(const struct symtab *symtab, uint64_t address)
{
	const struct symtab_entry *entry = symtab_find(symtab, address);

	return entry && entry->address == address ? entry->name : "";
}

/* Whom RELOCATION is for; "" nobody knows. */
static const char *relocation_name(const struct symtab *symtab, const struct elf_section *symbols,
	const struct elf_names *names, const Elf64_Rela *relocation)
{
	uint64_t index = ELF64_R_SYM(relocation->r_info);
	Elf64_Sym symbol;

	if (ELF64_R_TYPE(relocation->r_info) == R_X86_64_IRELATIVE)
		return resolver_name(symtab, relocation->r_addend);
	if (!index || !symbols || !symbols->stored ||
		index >= symbols->stored_size / sizeof symbol)
		return "";
	memcpy(&symbol, symbols->stored + index * sizeof symbol, sizeof symbol);
	return elf_name(names, symbol.st_name);
}

static void read_slots(struct slots *slots, const struct symtab *symtab, struct elf *elf,
	const struct elf_section *section)
{
	const struct elf_section *symbols =
		section->link && section->link < elf->n_sections ? &elf->sections[section->link]
								 : NULL;
	struct elf_names names = {NULL, 0};

	slots->count = section->stored_size / sizeof(Elf64_Rela);
	slots->by_number = xreallocarray(NULL, slots->count + 1, sizeof *slots->by_number);
	slots->sorted = xreallocarray(NULL, slots->count + 1, sizeof *slots->sorted);
	if (symbols && symbols->stored)
		names = elf_linked_names(elf, symbols);
	for (size_t i = 0; i < slots->count; i++) {
		Elf64_Rela relocation;
		struct slot *slot = &slots->by_number[i];

		memcpy(&relocation, section->stored + i * sizeof relocation, sizeof relocation);
		slot->address = relocation.r_offset;
		slot->name = relocation_name(symtab, symbols, &names, &relocation);
		if (*slot->name)
			slots->sorted[slots->n_sorted++] = *slot;
	}
	qsort(slots->sorted, slots->n_sorted, sizeof *slots->sorted, compare_slots);
}

/* The slot that the entry of code AT, of STEP bytes, loaded at ADDRESS, jumps through; 0 when it has
 * no such jump. */
static uint64_t jump_slot(const uint8_t *at, size_t step, uint64_t address)
{
	for (size_t i = 0; i + 6 <= step; i++) {
		int32_t displacement;

		if (at[i] != 0xff || at[i + 1] != 0x25)
			continue;
		memcpy(&displacement, at + i + 2, 4);
		return address + i + 6 + (int64_t)displacement;
	}
	return 0;
}

/* The slot whose number an entry of .plt pushes, or NULL. */
static const struct slot *pushed_slot(const struct slots *slots, const uint8_t *at)
{
	static const uint8_t push[] = {0xf3, 0x0f, 0x1e, 0xfa, 0x68}; /* endbr64, pushq $… */
	uint32_t number;

	if (memcmp(at, push, sizeof push) != 0)
		return NULL;
	memcpy(&number, at + sizeof push, sizeof number);
	if (number >= slots->count || !*slots->by_number[number].name)
		return NULL;
	return &slots->by_number[number];
}

static void read_plt(struct symtab *symtab, const struct elf_section *section,
	const struct slots *slots, bool numbered)
{
	size_t step = section->entry_size == SHORT_ENTRY ? SHORT_ENTRY : ENTRY;
	size_t n = section->stored_size / step;

	symtab->plt = xreallocarray(symtab->plt, symtab->n_plt + n + 1, sizeof *symtab->plt);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = section->stored + i * step;
		struct slot key = {jump_slot(at, step, section->address + i * step), NULL};
		const struct slot *slot = NULL;

		if (key.address)
			slot = bsearch(&key, slots->sorted, slots->n_sorted, sizeof *slots->sorted,
				compare_slots);
		else if (numbered && step == ENTRY)
			slot = pushed_slot(slots, at);
		if (slot)
			symtab->plt[symtab->n_plt++] = (struct symtab_entry){
				section->address + i * step, step, slot->name};
	}
}

void plt_read(struct symtab *symtab, struct elf *elf)
{
	static const char *const tables[] = {".plt", ".plt.got", ".plt.sec", ".iplt"};
	static const char *const relocations[] = {".rela.plt", ".rela.dyn"};

	for (size_t r = 0; r < 2; r++) {
		const struct elf_section *section = elf_section(elf, relocations[r]);
		struct slots slots = {0};

		if (!section || section->compression)
			continue;
		read_slots(&slots, symtab, elf, section);
		for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
			const struct elf_section *plt = elf_section(elf, tables[i]);

			if (plt && !plt->compression)
				read_plt(symtab, plt, &slots, r == 0 && i == 0);
		}
		free(slots.by_number);
		free(slots.sorted);
	}
	if (symtab->n_plt)
		qsort(symtab->plt, symtab->n_plt, sizeof *symtab->plt, compare_entries);
}
