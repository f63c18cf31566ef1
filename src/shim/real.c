/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks up the real functions once, when the first hook is called: at that moment there is one
 * thread, and usually no code of the program has run. Each is the next definition after the shim,
 * so that an allocator that comes by LD_PRELOAD or by linking is honoured. The order of the rows in
 * struct real and in the names below is one list's.
 */
#include "shim/splice.h"
#include "shim/lookup.h"
#include "shim/real.h"
#include "shim/shim.h"

enum { MAX_RANGES = 48 };

struct real real;
bool real_cxx_is_ours = true;
int (*real_find_object)(void *address, struct dl_find_object *result);

struct real_range real_loader;
struct real_range real_mapper;

static struct real_range allocators[MAX_RANGES];
static _Atomic uint32_t n_allocators;

bool real_is_allocator(uintptr_t pc)
{
	uint32_t n = atomic_load_explicit(&n_allocators, memory_order_acquire);

	for (uint32_t i = 0; i < n; i++)
		if (real_range_has(&allocators[i], pc))
			return true;
	return real_is_shim(pc) || splice_is_allocator(pc);
}

static bool find_object(void *address, struct dl_find_object *object)
{
	return address && real_find_object(address, object) == 0;
}

static struct real_range range_in(const struct dl_find_object *object)
{
	return (struct real_range){(uintptr_t)object->dlfo_map_start, (uintptr_t)object->dlfo_map_end};
}

static bool range_of(void *address, struct real_range *range)
{
	struct dl_find_object object;

	if (!find_object(address, &object))
		return false;
	*range = range_in(&object);
	return true;
}

#ifndef MEMTRACE_BLOB
/* Is the file's name one of these, whatever follows it? */
static bool is_well_known(const char *path)
{
	static const char *const names[] = {
		"libjemalloc.so", "libtcmalloc.so", "libtcmalloc_minimal.so", "libmimalloc.so"};
	const char *name = path;

	for (const char *at = path; *at; at++)
		name = *at == '/' ? at + 1 : name;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t k = 0;

		while (names[i][k] && names[i][k] == name[k])
			k++;
		if (!names[i][k])
			return true;
	}
	return false;
}
#endif

bool real_malloc_only_maps(void)
{
#ifdef MEMTRACE_BLOB
	return false; /* the hooks are inside of it */
#else
	struct dl_find_object object;
	struct real_range libcs;

	real_mapper = (struct real_range){0};
	if (splice_has_malloc() || !find_object((void *)real.malloc, &object) || !range_of((void *)real._exit, &libcs))
		return false;
	if (range_in(&object).start == libcs.start)
		return true;
	if (!object.dlfo_link_map || !object.dlfo_link_map->l_name || !is_well_known(object.dlfo_link_map->l_name))
		return false;
	real_mapper = range_in(&object);
	return true;
#endif
}

static void add_range(struct real_range range)
{
	uint32_t n = atomic_load_explicit(&n_allocators, memory_order_relaxed);

	if (n == MAX_RANGES || real_is_allocator(range.start))
		return;
	allocators[n] = range;
	atomic_store_explicit(&n_allocators, n + 1, memory_order_release);
}

static void add_module(void *function)
{
	struct real_range range;

	if (range_of(function, &range))
		add_range(range);
}

static void find_cxx(const char *name, void **function)
{
	size_t size = 0;

	*function = lookup_next_sized(name, false, &size);
	/* A return address may stand behind the last instruction. */
	if (*function)
		add_range(
			(struct real_range){(uintptr_t)*function, (uintptr_t)*function + size + 1});
}

#define FIND(result, name, params) real.name = lookup_next(#name, false);
#define ADD_MODULE(result, name, params) add_module((void *)real.name);
#define FIND_CXX(result, name, params) find_cxx(#name, (void **)&real.name);
/* Where we were loaded late, nobody is bound to us yet: it is enough that none is the program's own. */
#define OWN_CXX(result, name, params)                                                              \
	real_cxx_is_ours &=                                                                        \
		late ? lookup_owner(#name) != _r_debug.r_map : lookup_owner(#name) == self;

void real_find_cxx(void)
{
	SHIM_HOOKS_CXX(FIND_CXX)
}

bool real_find(void)
{
	struct link_map *self = lookup_self();
	bool late;

	if (!self)
		return false;
	if (real.malloc)
		return true;
	lookup_keep(true);
	real_find_object =
		(int (*)(void *, struct dl_find_object *))lookup_next("_dl_find_object", false);
	if (!real_find_object) {
		lookup_keep(false);
		return false;
	}
	SHIM_HOOKS_MAP(FIND)
	SHIM_HOOKS_LIFE(FIND)
	SHIM_HOOKS_C(FIND)
	/* libc keeps it for old programs only; without it free is the same. */
	real.cfree = lookup_next("cfree", true);
	if (!real.cfree)
		real.cfree = real.free;
	SHIM_HOOKS_C(ADD_MODULE)
	real_find_cxx();
	range_of(&_r_debug, &real_loader);
	late = lookup_is_late();
	SHIM_HOOKS_CXX(OWN_CXX)
	lookup_keep(false);
	return real.malloc != NULL;
}

bool real_malloc_is_ours(void)
{
	struct link_map *self = lookup_self();

	if (splice_has_malloc())
		return true;
	return lookup_owner("malloc") == self && lookup_owner("free") == self;
}
