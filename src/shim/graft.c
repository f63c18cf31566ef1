/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever calls a real function does it through a word that the dynamic linker has filled in: a slot of
 * a module's GOT, or a pointer in its data, each named by a relocation. Those that hold the address of a
 * real function, by its own name, are given that of its hook. Each is one store, so that other
 * threads may run.
 *
 * What is bound later, lazily or in a library that comes later, is bound by the dynamic symbol of
 * the module that defines the function: its value is changed too, by the same rule. So nothing has to be
 * watched, and constructors of later libraries are seen. The names beside it that lead to the same place (__libc_malloc)
 * keep their value.
 *
 * ld.so itself calls malloc and free by pointers that it has looked up by hand: words of its data
 * that hold such an address. Its frees tell that a module has gone (modules.h).
 *
 * Not reached: addresses that the program has taken before, and keeps elsewhere.
 */
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include "shim/graft.h"
#include "shim/lookup.h"
#include "shim/real.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { PAGE = 4096, BUCKETS = 256, ROWS_MAX = 128, SYMBOLS_MAX = 1 << 22 };

#define SHIM_DECLARE(result, name, params) extern result name params;
SHIM_HOOKS(SHIM_DECLARE)

struct graft_row {
	const char *name;
	uintptr_t from, to;
};

static struct graft_row rows[ROWS_MAX];
static uint32_t n_rows;
static uint16_t buckets[BUCKETS]; /* index of a row + 1; several rows may have one address */

static uint32_t bucket_of(uintptr_t address)
{
	return (uint32_t)(address * 0x9E3779B97F4A7C15ull >> 56);
}

static void add_row(const char *name, void *real_one, void *hook, bool to_hooks)
{
	uint32_t at;

	if (!real_one || n_rows == ROWS_MAX)
		return;
	rows[n_rows] = (struct graft_row){name, (uintptr_t)(to_hooks ? real_one : hook),
		(uintptr_t)(to_hooks ? hook : real_one)};
	for (at = bucket_of(rows[n_rows].from); buckets[at]; at = (at + 1) % BUCKETS)
		;
	buckets[at] = (uint16_t)++n_rows;
}

static void make_rows(bool to_hooks)
{
	n_rows = 0;
	for (uint32_t i = 0; i < BUCKETS; i++)
		buckets[i] = 0;
#define ADD_ROW(result, name, params) add_row(#name, (void *)real.name, (void *)name, to_hooks);
	SHIM_HOOKS(ADD_ROW)
#undef ADD_ROW
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* What VALUE, called NAME (NULL: anything), is to become; 0: it stays. */
static uintptr_t exchange(uintptr_t value, const char *name)
{
	for (uint32_t at = bucket_of(value); buckets[at]; at = (at + 1) % BUCKETS) {
		const struct graft_row *row = &rows[buckets[at] - 1];

		if (row->from == value && (!name || same(row->name, name)))
			return row->to;
	}
	return 0;
}

static bool is_of_interest(uintptr_t value)
{
	return exchange(value, NULL);
}

/* A loaded module: what its dynamic section and its program headers say. */
struct part {
	const struct link_map *map;
	const ElfW(Phdr) * program;
	size_t n_program;
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash, *hash;
	const ElfW(Rela) * relocations[2];
	size_t n_relocations[2];
	uintptr_t relro, relro_end; /* whole pages; equal: none */
	bool open;		    /* relro may be written now */
};

static const void *address(const struct link_map *map, const ElfW(Dyn) * entry)
{
	return (const void *)(entry->d_un.d_ptr < map->l_addr ? entry->d_un.d_ptr + map->l_addr
							      : entry->d_un.d_ptr);
}

static void read_dynamic(struct part *part)
{
	for (const ElfW(Dyn) *entry = part->map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_SYMTAB)
			part->symbols = address(part->map, entry);
		else if (entry->d_tag == DT_STRTAB)
			part->strings = address(part->map, entry);
		else if (entry->d_tag == DT_GNU_HASH)
			part->gnu_hash = address(part->map, entry);
		else if (entry->d_tag == DT_HASH)
			part->hash = address(part->map, entry);
		else if (entry->d_tag == DT_RELA)
			part->relocations[0] = address(part->map, entry);
		else if (entry->d_tag == DT_RELASZ)
			part->n_relocations[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
		else if (entry->d_tag == DT_JMPREL)
			part->relocations[1] = address(part->map, entry);
		else if (entry->d_tag == DT_PLTRELSZ)
			part->n_relocations[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
	}
}

static void read_program(struct part *part)
{
	struct dl_find_object object;
	const ElfW(Ehdr) * head;

	if (part->map == _r_debug.r_map) {
		part->program = (const ElfW(Phdr) *)getauxval(AT_PHDR);
		part->n_program = getauxval(AT_PHNUM);
	} else if (real_find_object(part->map->l_ld, &object) == 0) {
		head = object.dlfo_map_start;
		if (head->e_ident[0] == 0x7f && head->e_ident[1] == 'E' &&
			head->e_phentsize == sizeof(ElfW(Phdr))) {
			part->program = (const void *)((const char *)head + head->e_phoff);
			part->n_program = head->e_phnum;
		}
	}
	for (size_t i = 0; part->program && i < part->n_program; i++)
		if (part->program[i].p_type == PT_GNU_RELRO) {
			uintptr_t start = part->map->l_addr + part->program[i].p_vaddr;

			part->relro = start & -(uintptr_t)PAGE;
			part->relro_end = (start + part->program[i].p_memsz) & -(uintptr_t)PAGE;
		}
}

/* False: there is nothing to do in it. */
static bool read_part(const struct link_map *map, struct part *part)
{
	*part = (struct part){.map = map};
	if (!map->l_ld)
		return false;
	read_dynamic(part);
	read_program(part);
	return part->symbols && part->strings && part->program;
}

static bool protect(uintptr_t start, uintptr_t end, int protection)
{
	return !sys_failed(SYS_CALL(SYS_mprotect, (long)start, (long)(end - start), protection));
}

static void set(struct part *part, uintptr_t *word, uintptr_t value, struct graft *done)
{
	bool relro = (uintptr_t)word - part->relro < part->relro_end - part->relro;

	if (relro && !part->open &&
		!(part->open = protect(part->relro, part->relro_end, PROT_READ | PROT_WRITE)))
		return;
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	done->bound++;
}

static void close_part(const struct part *part)
{
	if (part->open)
		protect(part->relro, part->relro_end, PROT_READ);
}

static void bind_slots(struct part *part, const ElfW(Rela) * relocation, size_t n, struct graft *done)
{
	for (const ElfW(Rela) *end = relocation + n; relocation < end; relocation++) {
		uint32_t type = ELF64_R_TYPE(relocation->r_info);
		uintptr_t *word, to;

		if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) ||
			relocation->r_addend || relocation->r_offset % sizeof *word)
			continue;
		word = (uintptr_t *)(part->map->l_addr + relocation->r_offset);
		if (!is_of_interest(*word))
			continue;
		to = exchange(*word,
			part->strings + part->symbols[ELF64_R_SYM(relocation->r_info)].st_name);
		if (to)
			set(part, word, to, done);
	}
}

/* The last chain ends with the last symbol. */
static uint32_t count_symbols(const struct part *part)
{
	const uint32_t *table, *chain;
	uint32_t last = 0;

	if (!part->gnu_hash)
		return part->hash ? part->hash[1] : 0;
	table = part->gnu_hash + 4 + 2 * part->gnu_hash[2];
	chain = table + part->gnu_hash[0];
	for (uint32_t i = 0; i < part->gnu_hash[0]; i++)
		last = table[i] > last ? table[i] : last;
	if (last < part->gnu_hash[1])
		return part->gnu_hash[1];
	while (!(chain[last - part->gnu_hash[1]] & 1) && last < SYMBOLS_MAX)
		last++;
	return last + 1;
}

/* The protection of what is loaded at AT; -1: nobody knows, or it is code, which no other page may become
 * where SELinux watches. */
static int protection_at(const struct part *part, uintptr_t at)
{
	for (size_t i = 0; i < part->n_program; i++) {
		const ElfW(Phdr) *segment = &part->program[i];
		uintptr_t start = (part->map->l_addr + segment->p_vaddr) & -(uintptr_t)PAGE;
		uintptr_t end = part->map->l_addr + segment->p_vaddr + segment->p_memsz;

		if (segment->p_type == PT_LOAD && at >= start && at < end)
			return segment->p_flags & PF_X ? -1
			       : segment->p_flags & PF_W ? PROT_READ | PROT_WRITE
							 : PROT_READ;
	}
	return -1;
}

static void bind_symbols(const struct part *part, struct graft *done)
{
	ElfW(Sym) *symbols = (ElfW(Sym) *)part->symbols;
	uint32_t n = count_symbols(part);
	uintptr_t start = (uintptr_t)symbols & -(uintptr_t)PAGE;
	uintptr_t end = ((uintptr_t)(symbols + n) + PAGE - 1) & -(uintptr_t)PAGE;
	int protection = 0;

	for (uint32_t i = 0; i < n; i++) {
		uintptr_t value = part->map->l_addr + symbols[i].st_value, to;

		if (symbols[i].st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC ||
			!is_of_interest(value) || !(to = exchange(value, part->strings + symbols[i].st_name)))
			continue;
		if (!protection) {
			protection = protection_at(part, (uintptr_t)symbols);
			if (protection < 0 || !protect(start, end, PROT_READ | PROT_WRITE)) {
				done->deaf++;
				return;
			}
		}
		__atomic_store_n(&symbols[i].st_value, to - part->map->l_addr, __ATOMIC_RELEASE);
	}
	if (protection > 0)
		protect(start, end, protection);
}

/* ld.so's pointers of its own. */
static void bind_words(struct part *part, struct graft *done)
{
	for (size_t i = 0; i < part->n_program; i++) {
		const ElfW(Phdr) *segment = &part->program[i];
		uintptr_t *word = (uintptr_t *)((part->map->l_addr + segment->p_vaddr + 7) & -8ul);
		uintptr_t *end = (uintptr_t *)((part->map->l_addr + segment->p_vaddr + segment->p_memsz) & -8ul);

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
			continue;
		for (; word < end; word++)
			if (*word == (uintptr_t)real.malloc || *word == (uintptr_t)real.calloc ||
				*word == (uintptr_t)real.realloc || *word == (uintptr_t)real.free ||
				*word == (uintptr_t)malloc || *word == (uintptr_t)calloc ||
				*word == (uintptr_t)realloc || *word == (uintptr_t)free) {
				uintptr_t to = exchange(*word, NULL);

				if (to)
					set(part, word, to, done);
			}
	}
}

void graft(bool to_hooks, struct graft *done)
{
	const struct link_map *self = lookup_self();
	struct part part;

	*done = (struct graft){0};
	make_rows(to_hooks);
	/* What is bound from now on, then what has been. */
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map != self && read_part(map, &part))
			bind_symbols(&part, done);
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		if (map == self || !read_part(map, &part))
			continue;
		for (int i = 0; i < 2; i++)
			bind_slots(&part, part.relocations[i], part.n_relocations[i], done);
		if (real_range_has(&real_loader, (uintptr_t)map->l_ld))
			bind_words(&part, done);
		close_part(&part);
	}
}
