/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The symbol table as a sorted array, one entry an address. Taken are functions, IFUNCs, and
 * symbols without a type or with that of data when they lie in a section of code (functions in
 * assembly). A symbol without a size reaches to the next one or to the end of its section.
 *
 * The procedure linkage table is another file's, plt.c.
 *
 * Cost: 24 bytes a symbol and one sort. Names stay in the file. Versions in names
 * ("memcpy@@GLIBC_2.14") stay too.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "symbol/minidebug.h"
#include "symbol/plt.h"
#include "symbol/symtab.h"

#define AROUND_MAX 64 /* how far back a larger symbol is looked for */

/* The end of code at ADDRESS's section, 0 when there is no code. */
static uint64_t code_end(const struct elf *elf, uint16_t index)
{
	const struct elf_section *section;

	if (index == SHN_UNDEF || index >= elf->n_sections)
		return 0;
	section = &elf->sections[index];
	if (!(section->flags & SHF_ALLOC) || !(section->flags & SHF_EXECINSTR))
		return 0;
	return section->address + section->size;
}

static bool is_code(unsigned type)
{
	return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE ||
	       type == STT_OBJECT;
}

/* While reading, `size` of a symbol without a size is kept 0. */
static void read_symbols(struct symtab *symtab, struct elf *elf, struct elf_section *section)
{
	struct error err = ERROR_INIT;
	const uint8_t *data = elf_section_data(elf, section, &err);
	struct elf_names names = elf_linked_names(elf, section);
	size_t count = data ? section->size / sizeof(Elf64_Sym) : 0;

	symtab->entries = xreallocarray(
		symtab->entries, symtab->count + count + 1, sizeof *symtab->entries);
	for (size_t i = 0; i < count; i++) {
		struct symtab_entry *entry = &symtab->entries[symtab->count];
		Elf64_Sym symbol;
		uint64_t end;

		memcpy(&symbol, data + i * sizeof symbol, sizeof symbol);
		end = code_end(elf, symbol.st_shndx);
		if (!end || symbol.st_value >= end || !is_code(ELF64_ST_TYPE(symbol.st_info)))
			continue;
		entry->name = elf_name(&names, symbol.st_name);
		entry->address = symbol.st_value;
		entry->size = symbol.st_size > end - symbol.st_value ? end - symbol.st_value
								     : symbol.st_size;
		if (*entry->name)
			symtab->count++;
	}
}

static int compare_entries(const void *left, const void *right)
{
	const struct symtab_entry *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return 0;
}

/* A stable sort, so that of equals the last in the file stays last: glibc's qsort is none when
 * memory is short. */
static void merge_sort(struct symtab_entry *entries, struct symtab_entry *spare, size_t count)
{
	size_t half = count / 2, a = 0, b = half;

	if (count < 2)
		return;
	merge_sort(entries, spare, half);
	merge_sort(entries + half, spare, count - half);
	if (compare_entries(&entries[half - 1], &entries[half]) <= 0)
		return;
	for (size_t i = 0; i < count; i++) {
		bool left =
			b == count || (a < half && compare_entries(&entries[a], &entries[b]) <= 0);

		spare[i] = entries[left ? a++ : b++];
	}
	memcpy(entries, spare, count * sizeof *entries);
}

/* One entry an address: the last of its sorted run, which is the largest. Sizes of 0 then reach to
 * the next. */
static void sort_symbols(struct symtab *symtab, const struct elf *elf)
{
	struct symtab_entry *spare = xreallocarray(NULL, symtab->count + 1, sizeof *spare);
	size_t kept = 0;

	merge_sort(symtab->entries, spare, symtab->count);
	free(spare);
	for (size_t i = 0; i < symtab->count; i++)
		if (i + 1 == symtab->count ||
			symtab->entries[i + 1].address != symtab->entries[i].address)
			symtab->entries[kept++] = symtab->entries[i];
	symtab->count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct symtab_entry *entry = &symtab->entries[i];
		const struct elf_section *section =
			entry->size ? NULL : elf_section_at(elf, entry->address);
		uint64_t end;

		if (!section)
			continue;
		end = section->address + section->size;
		if (i + 1 < kept && symtab->entries[i + 1].address < end)
			end = symtab->entries[i + 1].address;
		entry->size = end - entry->address;
	}
}

/* The last one of TYPE. */
static struct elf_section *find_table(const struct elf *elf, uint32_t type)
{
	struct elf_section *found = NULL;

	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].stored && elf->sections[i].type == type)
			found = &elf->sections[i];
	return found;
}

void symtab_read(struct symtab *symtab, struct elf *elf)
{
	struct elf_section *found = find_table(elf, SHT_SYMTAB), *hidden;

	memset(symtab, 0, sizeof *symtab);
	if (!found) {
		found = find_table(elf, SHT_DYNSYM);
		symtab->mini = minidebug_open(elf);
	}
	hidden = symtab->mini ? find_table(symtab->mini, SHT_SYMTAB) : NULL;
	if (found)
		read_symbols(symtab, elf, found);
	if (hidden)
		read_symbols(symtab, symtab->mini, hidden);
	sort_symbols(symtab, elf);
	plt_read(symtab, elf);
}

void symtab_free(struct symtab *symtab)
{
	free(symtab->entries);
	free(symtab->plt);
	elf_close(symtab->mini);
	memset(symtab, 0, sizeof *symtab);
}

/* How many entries begin at or before ADDRESS. */
static size_t entries_before(const struct symtab_entry *entries, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct symtab_entry *holding(
	const struct symtab_entry *entries, size_t count, uint64_t address, size_t tries)
{
	size_t before = entries_before(entries, count, address);

	for (size_t i = 0; i < tries && i < before; i++) {
		const struct symtab_entry *entry = &entries[before - 1 - i];

		if (address - entry->address < entry->size)
			return entry;
	}
	return NULL;
}

const struct symtab_entry *symtab_find(const struct symtab *symtab, uint64_t address)
{
	return holding(symtab->entries, symtab->count, address, 1);
}

const struct symtab_entry *symtab_find_around(const struct symtab *symtab, uint64_t address)
{
	return holding(symtab->entries, symtab->count, address, AROUND_MAX);
}

const struct symtab_entry *symtab_find_plt(const struct symtab *symtab, uint64_t address)
{
	return holding(symtab->plt, symtab->n_plt, address, 1);
}
