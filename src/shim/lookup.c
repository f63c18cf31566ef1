/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lookup.h. The tables are those of the gABI and of the GNU hash section; all stand in memory
 * that the loader itself relies on, so they are read without checks. */
#include "shim/lookup.h"
#include "shim/shim.h"

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

struct symbols {
	uintptr_t bias;
	const ElfW(Sym) * table;
	const char *strings;
	const uint16_t *versions;
	const uint32_t *gnu_hash, *hash;
	size_t found_size; /* of the symbol that was found */
};

/* Where the loader could write, it has made addresses of these; in the vdso they still are
 * offsets. */
static const void *dynamic_address(const struct link_map *map, const ElfW(Dyn) * entry)
{
	return (const void *)(entry->d_un.d_ptr < map->l_addr ? entry->d_un.d_ptr + map->l_addr
							      : entry->d_un.d_ptr);
}

static bool symbols_of(const struct link_map *map, struct symbols *symbols)
{
	*symbols = (struct symbols){.bias = map->l_addr};
	for (const ElfW(Dyn) *entry = map->l_ld; entry && entry->d_tag != DT_NULL; entry++) {
		const void *at = dynamic_address(map, entry);

		if (entry->d_tag == DT_SYMTAB)
			symbols->table = at;
		else if (entry->d_tag == DT_STRTAB)
			symbols->strings = at;
		else if (entry->d_tag == DT_VERSYM)
			symbols->versions = at;
		else if (entry->d_tag == DT_GNU_HASH)
			symbols->gnu_hash = at;
		else if (entry->d_tag == DT_HASH)
			symbols->hash = at;
	}
	return symbols->table && symbols->strings;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The address of the symbol at INDEX if it is what is wanted. */
static void *match(struct symbols *symbols, uint32_t index, const char *name, bool old)
{
	const ElfW(Sym) *symbol = &symbols->table[index];
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 || type == STT_TLS ||
		ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
		!same(symbols->strings + symbol->st_name, name))
		return NULL;
	if (!old && symbols->versions && (symbols->versions[index] & 0x8000))
		return NULL;
	symbols->found_size = symbol->st_size;
	uintptr_t address = symbols->bias + symbol->st_value;
	return type == STT_GNU_IFUNC ? ((void *(*)(void))address)() : (void *)address;
}

static void *find_gnu(struct symbols *symbols, const char *name, bool old)
{
	const uint32_t *head = symbols->gnu_hash;
	uint32_t n_buckets = head[0], first = head[1], bloom_words = head[2];
	const uint32_t *buckets = head + 4 + 2 * bloom_words, *chain = buckets + n_buckets;
	uint32_t hash = 5381;

	for (const unsigned char *at = (const unsigned char *)name; *at; at++)
		hash = hash * 33 + *at;
	uint32_t index = n_buckets ? buckets[hash % n_buckets] : 0;
	if (index < first)
		return NULL;
	for (;; index++) {
		uint32_t other = chain[index - first];

		if ((other | 1) == (hash | 1)) {
			void *found = match(symbols, index, name, old);

			if (found)
				return found;
		}
		if (other & 1)
			return NULL;
	}
}

static void *find_sysv(struct symbols *symbols, const char *name, bool old)
{
	uint32_t n_buckets = symbols->hash[0], hash = 0;
	const uint32_t *buckets = symbols->hash + 2, *chain = buckets + n_buckets;

	for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
		hash = (hash << 4) + *at;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0xfffffff;
	}
	for (uint32_t index = n_buckets ? buckets[hash % n_buckets] : 0; index;
		index = chain[index]) {
		void *found = match(symbols, index, name, old);

		if (found)
			return found;
	}
	return NULL;
}

static void *find_in(const struct link_map *map, const char *name, bool old, size_t *size)
{
	struct symbols symbols;
	void *found = NULL;

	if (!symbols_of(map, &symbols))
		return NULL;
	if (symbols.gnu_hash)
		found = find_gnu(&symbols, name, old);
	else if (symbols.hash)
		found = find_sysv(&symbols, name, old);
	*size = symbols.found_size;
	return found;
}

struct link_map *lookup_self(void)
{
	/* Holds its own address once the shim's relative relocations are done. */
	static void *volatile marker = (void *)&marker;

	if (marker != (void *)&marker)
		return NULL;
	for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_ld == _DYNAMIC)
			return map;
	return NULL;
}

void *lookup_next_sized(const char *name, bool old, size_t *size)
{
	struct link_map *self = lookup_self(), *map;
	void *found;

	if (!self)
		return NULL;
	for (map = self->l_next; map; map = map->l_next)
		if ((found = find_in(map, name, old, size)))
			return found;
	for (map = _r_debug.r_map; map && map != self; map = map->l_next)
		if ((found = find_in(map, name, old, size)))
			return found;
	return NULL;
}

void *lookup_next(const char *name, bool old)
{
	size_t size;

	return lookup_next_sized(name, old, &size);
}

struct link_map *lookup_owner(const char *name)
{
	size_t size;

	for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (find_in(map, name, false, &size))
			return map;
	return NULL;
}
