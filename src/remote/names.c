/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See names.h. The process may have written anything there: sizes are bounded, each offset is looked at, and what does not fit is
 * no table. How many symbols there are stands only in their hash tables (gABI, and the GNU form's chains).
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "remote/names.h"
#include "remote/peek.h"

enum { SEGMENTS_MAX = 64, DYNAMIC_MAX = 256, BUCKETS_MAX = 1 << 22, SYMBOLS_MAX = 1 << 22, STRINGS_MAX = 256 << 20 };

struct tables {
	uint64_t symbols, strings, strings_size, gnu_hash, hash;
};

static bool find_segment(const Elf64_Phdr *segments, size_t n, uint32_t type, Elf64_Phdr *found)
{
	for (size_t i = 0; i < n; i++)
		if (segments[i].p_type == type) {
			*found = segments[i];
			return true;
		}
	return false;
}

/* Where the loader could write it has made addresses of these. */
static uint64_t address_of(const struct names *names, uint64_t value)
{
	return value < names->start ? value + names->bias : value;
}

static bool read_dynamic(const struct names *names, const Elf64_Phdr *segment, struct tables *tables)
{
	Elf64_Dyn entries[DYNAMIC_MAX];
	size_t n = segment->p_memsz / sizeof *entries;

	memset(tables, 0, sizeof *tables);
	n = n < DYNAMIC_MAX ? n : DYNAMIC_MAX;
	if (!peek(names->pid, names->bias + segment->p_vaddr, entries, n * sizeof *entries))
		return false;
	for (size_t i = 0; i < n && entries[i].d_tag != DT_NULL; i++) {
		uint64_t value = entries[i].d_un.d_val, at = address_of(names, value);

		if (entries[i].d_tag == DT_SYMTAB)
			tables->symbols = at;
		else if (entries[i].d_tag == DT_STRTAB)
			tables->strings = at;
		else if (entries[i].d_tag == DT_STRSZ)
			tables->strings_size = value;
		else if (entries[i].d_tag == DT_GNU_HASH)
			tables->gnu_hash = at;
		else if (entries[i].d_tag == DT_HASH)
			tables->hash = at;
	}
	return tables->symbols && tables->strings && tables->strings_size && tables->strings_size <= STRINGS_MAX;
}

/* The last chain ends with the last symbol. */
static uint64_t count_gnu(const struct names *names, uint64_t at)
{
	uint32_t head[4], *buckets, last = 0, link = 0;
	uint64_t chains;
	bool read;

	if (!peek(names->pid, at, head, sizeof head) || head[0] > BUCKETS_MAX || head[2] > BUCKETS_MAX)
		return 0;
	buckets = xcalloc(head[0] + 1ul, sizeof *buckets);
	at += sizeof head + head[2] * 8ul;
	read = peek(names->pid, at, buckets, head[0] * sizeof *buckets);
	for (uint32_t i = 0; read && i < head[0]; i++)
		last = buckets[i] > last ? buckets[i] : last;
	free(buckets);
	chains = at + head[0] * 4ul;
	if (last < head[1])
		return head[1];
	for (; last < SYMBOLS_MAX && peek(names->pid, chains + (last - head[1]) * 4ul, &link, sizeof link) && !(link & 1); last++)
		;
	return last + 1ul;
}

static uint64_t count_symbols(const struct names *names, const struct tables *tables)
{
	uint32_t head[2];

	if (tables->gnu_hash)
		return count_gnu(names, tables->gnu_hash);
	return tables->hash && peek(names->pid, tables->hash, head, sizeof head) ? head[1] : 0;
}

bool names_read(struct names *names, pid_t pid, const struct maps *maps, const struct maps_entry *first)
{
	Elf64_Phdr segments[SEGMENTS_MAX], load, dynamic;
	struct tables tables;
	Elf64_Ehdr head;

	*names = (struct names){ .pid = pid, .start = first->start, .end = maps_file_end(maps, first) };
	if (!peek(pid, first->start, &head, sizeof head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
		head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof *segments || head.e_phnum > SEGMENTS_MAX ||
		!peek(pid, first->start + head.e_phoff, segments, head.e_phnum * sizeof *segments) ||
		!find_segment(segments, head.e_phnum, PT_LOAD, &load) ||
		!find_segment(segments, head.e_phnum, PT_DYNAMIC, &dynamic))
		return false;
	names->bias = first->start - (load.p_vaddr & -4096ul);
	if (!read_dynamic(names, &dynamic, &tables))
		return false;
	names->n_symbols = count_symbols(names, &tables);
	if (!names->n_symbols || names->n_symbols > SYMBOLS_MAX)
		return false;
	names->strings_size = tables.strings_size;
	names->table = xcalloc(names->n_symbols, sizeof(Elf64_Sym));
	names->text = xcalloc(1, names->strings_size + 1);
	return peek(pid, tables.symbols, names->table, names->n_symbols * sizeof(Elf64_Sym)) &&
	       peek(pid, tables.strings, names->text, names->strings_size);
}

void names_free(struct names *names)
{
	free(names->table);
	free(names->text);
	memset(names, 0, sizeof *names);
}

static bool is_defined(const Elf64_Sym *symbol)
{
	return symbol->st_shndx != SHN_UNDEF && symbol->st_value && ELF64_ST_TYPE(symbol->st_info) != STT_TLS;
}

uint64_t names_find(const struct names *names, const char *name)
{
	const Elf64_Sym *table = names->table;

	for (uint64_t i = 0; table && i < names->n_symbols; i++)
		if (is_defined(&table[i]) && table[i].st_name < names->strings_size &&
			strcmp(names->text + table[i].st_name, name) == 0)
			return names->bias + table[i].st_value;
	return 0;
}

void names_between(const struct names *names, uint64_t address, uint64_t *start, uint64_t *end)
{
	const Elf64_Sym *table = names->table;

	*start = names->start;
	*end = names->end;
	for (uint64_t i = 0; table && i < names->n_symbols; i++) {
		uint64_t from = names->bias + table[i].st_value, to = from + table[i].st_size;

		if (!is_defined(&table[i]) || ELF64_ST_TYPE(table[i].st_info) == STT_OBJECT || from < names->start ||
			from >= names->end)
			continue;
		if (from < address && to <= address && to > *start)
			*start = to;
		if (from > address && from < *end)
			*end = from;
	}
}
