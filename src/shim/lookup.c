/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lookup.h. The tables are those of the gABI and of the GNU hash section; all stand in memory
 * that the loader itself relies on, so they are read without checks. */
#include "shim/lookup.h"
#include "shim/shim.h"

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

enum { KEPT = 512 };

struct symbols {
	const struct link_map *map;
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
	*symbols = (struct symbols){.map = map, .bias = map->l_addr};
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

/* The start looks for some sixty names in all modules, so what was read of a module is kept as long
 * as the start takes. By place in the list. */
static struct symbols kept[KEPT];
static size_t n_kept; /* none beyond */
static bool keeping;

void lookup_keep(bool keep)
{
	keeping = keep;
	while (n_kept > 0)
		kept[--n_kept].map = NULL;
}

/* Of the PLACE-th module; OWN is where to read it if nothing is kept. NULL: it has none. */
static struct symbols *get(const struct link_map *map, size_t place, struct symbols *own)
{
	struct symbols *symbols = keeping && place < KEPT ? &kept[place] : own;

	if ((symbols == own || symbols->map != map) && !symbols_of(map, symbols))
		symbols->table = NULL;
	if (symbols != own && n_kept <= place)
		n_kept = place + 1;
	return symbols->table && symbols->strings ? symbols : NULL;
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

/* What is looked for, with its hashes. */
struct wanted {
	const char *name;
	bool old;
	uint32_t gnu, sysv;
};

static struct wanted want(const char *name, bool old)
{
	struct wanted wanted = {name, old, 5381, 0};

	for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
		wanted.gnu = wanted.gnu * 33 + *at;
		wanted.sysv = (wanted.sysv << 4) + *at;
		wanted.sysv = (wanted.sysv ^ (wanted.sysv >> 24 & 0xf0)) & 0xfffffff;
	}
	return wanted;
}

static void *find_gnu(struct symbols *symbols, const struct wanted *wanted)
{
	const uint32_t *head = symbols->gnu_hash;
	uint32_t n_buckets = head[0], first = head[1], bloom_words = head[2], hash = wanted->gnu;
	const uint64_t *bloom = (const uint64_t *)(const void *)(head + 4);
	const uint32_t *buckets = head + 4 + 2 * bloom_words, *chain = buckets + n_buckets;
	uint64_t bits = 1ull << hash % 64 | 1ull << (hash >> head[3]) % 64;

	if (!n_buckets || !bloom_words || (bloom[hash / 64 % bloom_words] & bits) != bits)
		return NULL;
	uint32_t index = buckets[hash % n_buckets];
	if (index < first)
		return NULL;
	for (;; index++) {
		uint32_t other = chain[index - first];

		if ((other | 1) == (hash | 1)) {
			void *found = match(symbols, index, wanted->name, wanted->old);

			if (found)
				return found;
		}
		if (other & 1)
			return NULL;
	}
}

static void *find_sysv(struct symbols *symbols, const struct wanted *wanted)
{
	uint32_t n_buckets = symbols->hash[0];
	const uint32_t *buckets = symbols->hash + 2, *chain = buckets + n_buckets;

	for (uint32_t index = n_buckets ? buckets[wanted->sysv % n_buckets] : 0; index;
		index = chain[index]) {
		void *found = match(symbols, index, wanted->name, wanted->old);

		if (found)
			return found;
	}
	return NULL;
}

static void *find_in(
	const struct link_map *map, size_t place, const struct wanted *wanted, size_t *size)
{
	struct symbols own, *symbols = get(map, place, &own);
	void *found = NULL;

	if (!symbols)
		return NULL;
	if (symbols->gnu_hash)
		found = find_gnu(symbols, wanted);
	else if (symbols->hash)
		found = find_sysv(symbols, wanted);
	*size = symbols->found_size;
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
	const struct wanted wanted = want(name, old);
	const struct link_map *self = lookup_self();
	void *found = NULL;
	bool behind = false;
	size_t place = 0;

	if (!self)
		return NULL;
	for (const struct link_map *map = _r_debug.r_map; map && !found; map = map->l_next) {
		if (behind)
			found = find_in(map, place, &wanted, size);
		behind |= map == self;
		place++;
	}
	place = 0;
	for (const struct link_map *map = _r_debug.r_map; map != self && !found; map = map->l_next)
		found = find_in(map, place++, &wanted, size);
	return found;
}

void *lookup_next(const char *name, bool old)
{
	size_t size;

	return lookup_next_sized(name, old, &size);
}

struct link_map *lookup_owner(const char *name)
{
	const struct wanted wanted = want(name, false);
	size_t size, place = 0;

	for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (find_in(map, place++, &wanted, &size))
			return map;
	return NULL;
}

bool lookup_is_late(void)
{
	const struct wanted wanted = want("__libc_start_main", false);
	const struct link_map *self = lookup_self();
	size_t size, place = 0;

	for (struct link_map *map = _r_debug.r_map; map && map != self; map = map->l_next)
		if (find_in(map, place++, &wanted, &size))
			return true;
	return false;
}
