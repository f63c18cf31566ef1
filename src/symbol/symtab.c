/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The symbol table as a sorted array, one entry an address. Taken are functions, IFUNCs, and
 * symbols without a type or with that of data when they lie in a section of code (functions in
 * assembly). A symbol without a size reaches to the next one or to the end of its section.
 *
 * The procedure linkage table has no symbols of its own: each entry jumps through a slot of the
 * GOT, and the relocation of that slot names the function. The jump is looked for in the entry's
 * bytes (ff 25 and a displacement, perhaps behind endbr64 and bnd), which serves .plt, .plt.sec and
 * .plt.got alike.
 *
 * Cost: 24 bytes a symbol and one sort. Names stay in the file. Versions in names
 * ("memcpy@@GLIBC_2.14") stay too.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "symbol/symtab.h"

#define PLT_ENTRY 16
#define AROUND_MAX 64 /* how far back a larger symbol is looked for */

struct names {
	const uint8_t *data;
	size_t size;
};

static const char *name_at(const struct names *names, uint32_t offset)
{
	if (!names->data || offset >= names->size ||
		!memchr(names->data + offset, 0, names->size - offset))
		return "";
	return (const char *)names->data + offset;
}

/* The string table that SECTION links to. */
static struct names linked_names(struct elf *elf, const struct elf_section *section)
{
	struct error err = ERROR_INIT;
	struct names names = {NULL, 0};

	if (section->link < elf->n_sections && elf->sections[section->link].stored) {
		names.data = elf_section_data(elf, &elf->sections[section->link], &err);
		names.size = elf->sections[section->link].size;
	}
	return names;
}

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
	struct names names = linked_names(elf, section);
	size_t count = data ? section->size / sizeof(Elf64_Sym) : 0;

	symtab->entries = xreallocarray(NULL, count + 1, sizeof *symtab->entries);
	for (size_t i = 0; i < count; i++) {
		struct symtab_entry *entry = &symtab->entries[symtab->count];
		Elf64_Sym symbol;
		uint64_t end;

		memcpy(&symbol, data + i * sizeof symbol, sizeof symbol);
		end = code_end(elf, symbol.st_shndx);
		if (!end || symbol.st_value >= end || !is_code(ELF64_ST_TYPE(symbol.st_info)))
			continue;
		entry->name = name_at(&names, symbol.st_name);
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

struct slot {
	uint64_t address;
	const char *name;
};

static int compare_slots(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* The GOT slots that the relocations in SECTION fill with functions, sorted; *count of them, to be
 * freed. */
static struct slot *read_slots(struct elf *elf, struct elf_section *section, size_t *count)
{
	struct elf_section *symbols =
		section->link < elf->n_sections ? &elf->sections[section->link] : NULL;
	size_t n = section->stored_size / sizeof(Elf64_Rela);
	struct slot *slots = xreallocarray(NULL, n + 1, sizeof *slots);
	struct names names = {NULL, 0};

	*count = 0;
	if (symbols && symbols->stored)
		names = linked_names(elf, symbols);
	for (size_t i = 0; names.data && i < n; i++) {
		Elf64_Rela relocation;
		Elf64_Sym symbol;
		uint64_t index;

		memcpy(&relocation, section->stored + i * sizeof relocation, sizeof relocation);
		index = ELF64_R_SYM(relocation.r_info);
		if (!index || index >= symbols->stored_size / sizeof symbol)
			continue;
		memcpy(&symbol, symbols->stored + index * sizeof symbol, sizeof symbol);
		slots[*count].name = name_at(&names, symbol.st_name);
		slots[*count].address = relocation.r_offset;
		if (*slots[*count].name)
			++*count;
	}
	qsort(slots, *count, sizeof *slots, compare_slots);
	return slots;
}

/* The slot that the entry of code AT, loaded at ADDRESS, jumps through; 0 when it has no such jump.
 */
static uint64_t jump_slot(const uint8_t *at, uint64_t address)
{
	for (int i = 0; i + 6 <= PLT_ENTRY; i++) {
		int32_t displacement;

		if (at[i] != 0xff || at[i + 1] != 0x25)
			continue;
		memcpy(&displacement, at + i + 2, 4);
		return address + i + 6 + (int64_t)displacement;
	}
	return 0;
}

static void read_plt(struct symtab *symtab, const struct elf_section *section,
	const struct slot *slots, size_t count)
{
	size_t step = section->entry_size == 8 ? 8 : PLT_ENTRY; /* .plt.got of old linkers */
	size_t n = section->stored_size / step;

	symtab->plt = xreallocarray(symtab->plt, symtab->n_plt + n + 1, sizeof *symtab->plt);
	for (size_t i = 0; i < n && i * step + PLT_ENTRY <= section->stored_size; i++) {
		struct slot key = {
			jump_slot(section->stored + i * step, section->address + i * step), NULL};
		struct slot *slot =
			key.address ? bsearch(&key, slots, count, sizeof *slots, compare_slots)
				    : NULL;

		if (slot)
			symtab->plt[symtab->n_plt++] = (struct symtab_entry){
				section->address + i * step, step, slot->name};
	}
}

static void read_plts(struct symtab *symtab, struct elf *elf)
{
	static const char *const sections[] = {".plt", ".plt.got", ".plt.sec"};
	static const char *const relocations[] = {".rela.plt", ".rela.dyn"};

	for (size_t r = 0; r < 2; r++) {
		struct elf_section *section = elf_section(elf, relocations[r]);
		struct slot *slots;
		size_t count;

		if (!section || section->compression)
			continue;
		slots = read_slots(elf, section, &count);
		for (size_t i = 0; i < 3; i++) {
			const struct elf_section *plt = elf_section(elf, sections[i]);

			if (plt && !plt->compression)
				read_plt(symtab, plt, slots, count);
		}
		free(slots);
	}
	if (symtab->n_plt)
		qsort(symtab->plt, symtab->n_plt, sizeof *symtab->plt, compare_entries);
}

void symtab_read(struct symtab *symtab, struct elf *elf)
{
	struct elf_section *found = NULL;

	memset(symtab, 0, sizeof *symtab);
	for (size_t i = 0; i < elf->n_sections; i++) {
		struct elf_section *section = &elf->sections[i];

		if (section->stored &&
			(section->type == SHT_SYMTAB || (section->type == SHT_DYNSYM && !found)))
			found = section;
	}
	if (found)
		read_symbols(symtab, elf, found);
	sort_symbols(symtab, elf);
	read_plts(symtab, elf);
}

void symtab_free(struct symtab *symtab)
{
	free(symtab->entries);
	free(symtab->plt);
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
