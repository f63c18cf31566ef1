/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The door: modules by number, and a cache of every address ever asked for, since heap profiles
 * repeat them. Behind it each module has a namer (a process of its own, normally), started at the
 * module's first question. Only a few (options.open) are kept open: a profile is named module by module, and
 * opened files are the memory of this room. What is open longest then gives its process to the
 * next.
 *
 *      module --> chains: pc -> (first, count) in levels[]
 *         \-----> namer --> helper process --> binary --> ELF, DWARF
 *
 * A pc is a return address: the call is before it, perhaps in another line or function; one byte
 * less is inside of the call.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/strings.h"
#include "symbol/debuginfod.h"
#include "symbol/namer.h"
#include "symbol/symbolizer.h"

#define OPEN_DEFAULT 4

struct chain {
	size_t first, count;
};

struct known_module {
	struct namer *namer;
	char *path, *root;
	uint8_t *build_id;
	struct map chain_of; /* pc -> index in chains */
	ARRAY(struct chain) chains;
	uint64_t used; /* when last, by the symbolizer's count of uses */
};

struct symbolizer {
	struct symbolizer_options options;
	char **debug_dirs;
	struct strings *strings;
	struct map module_of; /* string_id of what makes a module -> index */
	ARRAY(struct known_module *) modules;
	ARRAY(struct symbol) levels;
	uint64_t uses;
};

struct symbolizer *symbolizer_new(const struct symbolizer_options *options)
{
	struct symbolizer *symbolizer = xcalloc(1, sizeof *symbolizer);
	size_t n = 0;

	if (options)
		symbolizer->options = *options;
	if (!symbolizer->options.open)
		symbolizer->options.open = OPEN_DEFAULT;
	if (symbolizer->options.debuginfod)
		debuginfod_prepare();
	symbolizer->strings = strings_new();
	symbolizer->module_of = (struct map)MAP_INIT(uint64_t);
	if (symbolizer->options.debug_dirs) {
		while (symbolizer->options.debug_dirs[n])
			n++;
		symbolizer->debug_dirs = xcalloc(n + 1, sizeof *symbolizer->debug_dirs);
		for (size_t i = 0; i < n; i++)
			symbolizer->debug_dirs[i] = xstrdup(symbolizer->options.debug_dirs[i]);
		symbolizer->options.debug_dirs = (const char *const *)symbolizer->debug_dirs;
	}
	return symbolizer;
}

void symbolizer_free(struct symbolizer *symbolizer)
{
	for (size_t i = 0; i < symbolizer->modules.count; i++) {
		struct known_module *module = symbolizer->modules.items[i];

		namer_free(module->namer);
		map_free(&module->chain_of);
		ARRAY_FREE(&module->chains);
		free(module->path);
		free(module->root);
		free(module->build_id);
		free(module);
	}
	for (char **dir = symbolizer->debug_dirs; dir && *dir; dir++)
		free(*dir);
	free(symbolizer->debug_dirs);
	ARRAY_FREE(&symbolizer->modules);
	ARRAY_FREE(&symbolizer->levels);
	map_free(&symbolizer->module_of);
	strings_free(symbolizer->strings);
	free(symbolizer);
}

static struct known_module *new_module(
	struct symbolizer *symbolizer, const struct symbol_module *module)
{
	struct known_module *known = xcalloc(1, sizeof *known);
	struct symbol_module copy = *module;

	known->path = xstrdup(module->path);
	known->root = module->root ? xstrdup(module->root) : NULL;
	known->build_id = xmalloc(module->build_id_size + 1);
	if (module->build_id_size)
		memcpy(known->build_id, module->build_id, module->build_id_size);
	copy.path = known->path;
	copy.root = known->root;
	copy.build_id = known->build_id;
	known->namer = namer_new(&copy, &symbolizer->options, symbolizer->strings);
	known->chain_of = (struct map)MAP_INIT(uint64_t);
	return known;
}

uint32_t symbolizer_module(struct symbolizer *symbolizer, const struct symbol_module *module)
{
	struct buffer name = {0};
	uint64_t key, *index;
	bool added;

	buffer_string(&name, module->path, strlen(module->path));
	buffer_string(&name, module->root ? module->root : "", module->root ? strlen(module->root) : 0);
	buffer_string(&name, (const char *)module->build_id, module->build_id_size);
	if (!module->build_id_size) {
		buffer_varint(&name, module->mapped_ns);
		buffer_u8(&name, module->elsewhere);
	}
	key = strings_add_bytes(symbolizer->strings, (const char *)name.data, name.size);
	buffer_free(&name);
	index = map_add(&symbolizer->module_of, &key, symbolizer->modules.count, &added);
	if (added)
		*ARRAY_PUSH(&symbolizer->modules) = new_module(symbolizer, module);
	return *index;
}

/* Makes room for MODULE's files among the open ones. */
static void use(struct symbolizer *symbolizer, struct known_module *module)
{
	struct known_module *oldest = NULL;
	size_t n_open = 0;

	module->used = ++symbolizer->uses;
	if (namer_is_open(module->namer))
		return;
	for (size_t i = 0; i < symbolizer->modules.count; i++) {
		struct known_module *other = symbolizer->modules.items[i];

		if (!namer_is_open(other->namer))
			continue;
		n_open++;
		if (!oldest || other->used < oldest->used)
			oldest = other;
	}
	if (n_open >= symbolizer->options.open && !namer_take(module->namer, oldest->namer))
		namer_rest(oldest->namer);
}

struct fetch {
	struct symbolizer *symbolizer;
	struct known_module *module;
	const uint64_t *addresses;
};

static void keep(void *data, size_t index, const struct symbol *levels, size_t count)
{
	struct fetch *fetch = data;
	uint64_t pc = fetch->addresses[index] + 1;
	struct chain *chain = ARRAY_PUSH(&fetch->module->chains);

	chain->first = fetch->symbolizer->levels.count;
	chain->count = count;
	for (size_t i = 0; i < count; i++)
		*ARRAY_PUSH(&fetch->symbolizer->levels) = levels[i];
	map_add(&fetch->module->chain_of, &pc, fetch->module->chains.count - 1, NULL);
}

static int by_address(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* The addresses of PCS that are not known yet, each once and in order; malloc'ed, their number in *KEPT. */
static uint64_t *unknown_addresses(const struct known_module *module, const uint64_t *pcs, size_t n, size_t *n_kept)
{
	uint64_t *addresses = xreallocarray(NULL, n + 1, sizeof *addresses);
	size_t unknown = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!map_find(&module->chain_of, &pcs[i]))
			addresses[unknown++] = pcs[i] - 1;
	qsort(addresses, unknown, sizeof *addresses, by_address);
	for (size_t i = 0; i < unknown; i++)
		if (!kept || addresses[kept - 1] != addresses[i])
			addresses[kept++] = addresses[i];
	*n_kept = kept;
	return addresses;
}

void symbolizer_begin(
	struct symbolizer *symbolizer, uint32_t index, const uint64_t *pcs, size_t n)
{
	struct known_module *module = symbolizer->modules.items[index];
	size_t count;
	uint64_t *addresses = unknown_addresses(module, pcs, n, &count);

	if (count) {
		use(symbolizer, module);
		namer_begin(module->namer, addresses, count);
	}
	free(addresses);
}

void symbolizer_prefetch(
	struct symbolizer *symbolizer, uint32_t index, const uint64_t *pcs, size_t n)
{
	struct known_module *module = symbolizer->modules.items[index];
	size_t count;
	uint64_t *addresses = unknown_addresses(module, pcs, n, &count);
	struct fetch fetch = {symbolizer, module, addresses};

	if (count) {
		use(symbolizer, module);
		namer_ask(module->namer, addresses, count, keep, &fetch);
	}
	free(addresses);
}

unsigned int symbolizer_parallel(const struct symbolizer *symbolizer)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1)
		return 1;
	return processors < (long)symbolizer->options.open ? (unsigned int)processors : symbolizer->options.open;
}

size_t symbolizer_lookup(struct symbolizer *symbolizer, uint32_t index, uint64_t pc,
	struct symbol *symbols, size_t max)
{
	struct known_module *module = symbolizer->modules.items[index];
	uint64_t *known = map_find(&module->chain_of, &pc);
	const struct chain *chain;
	size_t count;

	if (!known) {
		symbolizer_prefetch(symbolizer, index, &pc, 1);
		known = map_find(&module->chain_of, &pc);
	}
	chain = &module->chains.items[*known];
	count = chain->count < max ? chain->count : max;
	memcpy(symbols, &symbolizer->levels.items[chain->first], count * sizeof *symbols);
	return count;
}

struct symbol_source symbolizer_source(struct symbolizer *symbolizer, uint32_t index)
{
	struct known_module *module = symbolizer->modules.items[index];

	use(symbolizer, module);
	return namer_source(module->namer);
}
