/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which modules there are, seen through _dl_find_object alone: the loader's own list is under its
 * lock, and a thread may hold that while it waits for us.
 *
 * A module is met when a new pc lies in none that is known and alive. That it has gone is noticed
 * when ld.so frees its entry, which it does when everything else is undone. Then another may stand
 * at the same addresses, and the same pcs mean other functions: so the seed of the stacks' hashes is a sum over all modules that have ever gone,
 * of where and what they are and of whether they are back. While nobody stands there, no stack of
 * that seed has a pc there; whoever comes is met by his first new pc and, if he has been there
 * before, brings back the seed and the ids that he had. Plugins that take turns so make no more
 * stacks than they have.
 *
 * The table is an array that only grows, filled entry by entry; an entry is dead, alive, or alive
 * again. Two threads may meet the same module at once and tell it twice, with two ids: that is
 * harmless, and needs no lock.
 */
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include "shim/channel.h"
#include "shim/equal.h"
#include "shim/message.h"
#include "shim/modules.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/sampling.h"
#include "shim/shim.h"
#include "shim/stacks.h"
#include "shim/sys.h"

enum { PAGE = 4096, MAX_MODULES = 8192, MAX_BUILD_ID = 64, MAX_PATH = 4096 };
enum module_state { MODULE_UNUSED, MODULE_ALIVE, MODULE_DEAD };

struct module {
	_Atomic uint32_t state; /* enum module_state */
	uint32_t id;		/* for the reader: a new one each time that it comes */
	bool was_gone;		/* its addresses are contested */
	const struct link_map *map;
	uintptr_t start, end, bias;
	uint64_t identity; /* of name, build-id and place */
};

_Atomic bool modules_dirty;
_Atomic uint64_t modules_seed_now;
static struct module *modules;
static _Atomic uint32_t n_modules, last_id;
static char executable[MAX_PATH]; /* its path */
static size_t executable_size;

/* Where there is no /proc: the name by which it was started, in its folder. */
static size_t name_executable(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);
	long size = 0;

	if (!name || (name[0] != '/' && sys_failed(size = SYS_CALL(SYS_getcwd, (long)executable,
							  sizeof executable - 1))))
		return 0;
	/* With its NUL, which becomes the slash. */
	if (size > 0)
		executable[size - 1] = '/';
	while (*name && size < MAX_PATH)
		executable[size++] = *name++;
	return (size_t)size;
}

bool modules_prepare(void)
{
	long size;

	if (!modules)
		modules = channel_memory(MAX_MODULES * sizeof *modules);
	size = SYS_CALL(SYS_readlink, (long)"/proc/self/exe", (long)executable, sizeof executable);
	executable_size = sys_failed(size) ? name_executable() : (size_t)size;
	return modules != NULL;
}

static uint64_t digest(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = 0;

		for (size_t k = i; k < size && k < i + sizeof word; k++)
			word = word << 8 | at[k];
		hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The build-id among the notes [at, end), as a part of a message. */
static struct iovec find_build_id(const char *at, const char *end)
{
	while (at + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
		size_t name_size = (note->n_namesz + 3u) & ~3ul,
		       size = (note->n_descsz + 3u) & ~3ul;
		const char *name = at + sizeof *note;

		if ((size_t)(end - name) < name_size + size)
			break;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
			equal(name, "GNU", 4) && note->n_descsz <= MAX_BUILD_ID)
			return (struct iovec){(void *)(name + name_size), note->n_descsz};
		at = name + name_size + size;
	}
	return (struct iovec){NULL, 0};
}

static bool is_executable(const struct link_map *map)
{
	return map == _r_debug.r_map;
}

/* The executable's as the kernel found them; of others, the first page shows them where the linker
 * has not been told otherwise. */
static const ElfW(Phdr) * program_headers(const struct module *module, size_t *n)
{
	const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)module->start;

	*n = 0;
	if (is_executable(module->map)) {
		*n = getauxval(AT_PHNUM);
		return (const ElfW(Phdr) *)getauxval(AT_PHDR);
	}
	if (!equal(head->e_ident, ELFMAG, SELFMAG) ||
		head->e_phentsize != sizeof(ElfW(Phdr)) ||
		head->e_phoff + head->e_phnum * sizeof(ElfW(Phdr)) > module->end - module->start)
		return NULL;
	*n = head->e_phnum;
	return (const ElfW(Phdr) *)(module->start + head->e_phoff);
}

static struct iovec build_id_of(const struct module *module)
{
	size_t n;
	const ElfW(Phdr) *program = program_headers(module, &n);
	struct iovec found = {NULL, 0};

	for (size_t i = 0; program && i < n && found.iov_len == 0; i++) {
		uintptr_t at = module->bias + program[i].p_vaddr;

		if (program[i].p_type == PT_NOTE && at >= module->start && at < module->end &&
			program[i].p_memsz <= module->end - at)
			found = find_build_id(
				(const char *)at, (const char *)at + program[i].p_memsz);
	}
	return found;
}

/* Of an executable with gaps between its segments the loader knows each piece by itself. */
static void join_pieces(struct module *module)
{
	size_t n;
	const ElfW(Phdr) *program = program_headers(module, &n);

	for (size_t i = 0; program && i < n; i++) {
		uintptr_t start = module->bias + program[i].p_vaddr,
			  end = start + program[i].p_memsz;

		if (program[i].p_type != PT_LOAD)
			continue;
		start &= -(uintptr_t)PAGE;
		module->start = start < module->start ? start : module->start;
		module->end = end > module->end ? end : module->end;
	}
}

static struct iovec path_of(const struct module *module)
{
	const char *name = module->map->l_name;
	size_t size = 0;

	if (!name || !*name)
		return (struct iovec){executable, executable_size};
	while (size < MAX_PATH && name[size])
		size++;
	return (struct iovec){(void *)name, size};
}

/* What is loaded at PC, without state and id. */
static bool look_at(uintptr_t pc, struct module *module)
{
	struct dl_find_object object;

	if (real_find_object((void *)pc, &object) != 0 || !object.dlfo_link_map)
		return false;
	*module = (struct module){.map = object.dlfo_link_map,
		.start = (uintptr_t)object.dlfo_map_start,
		.end = (uintptr_t)object.dlfo_map_end,
		.bias = object.dlfo_link_map->l_addr};
	if (is_executable(module->map))
		join_pieces(module);
	struct iovec build_id = build_id_of(module), path = path_of(module);
	uint64_t place[3] = {module->start, module->end, module->bias};
	module->identity = digest(0xcbf29ce484222325ull, place, sizeof place);
	module->identity = digest(module->identity, build_id.iov_base, build_id.iov_len);
	module->identity = digest(module->identity, path.iov_base, path.iov_len);
	return true;
}

/* The seed that goes with what is dead and alive now. */
static void reseed(void)
{
	uint64_t seed = 0;

	for (uint32_t i = 0; i < n_modules; i++) {
		const struct module *module = &modules[i];
		uint64_t value = module->identity +
				 (module->state == MODULE_ALIVE ? 0x9E3779B97F4A7C15ull : 0);

		if (module->was_gone)
			seed += (value ^ value >> 32) * 0xD6E8FEB86659FD93ull;
	}
	atomic_store(&modules_seed_now, seed);
	atomic_fetch_add(&shim_news, 1);
}

static void tell(struct producer *producer, const struct module *module)
{
	struct iovec build_id = build_id_of(module), path = path_of(module);
	struct wire_module head = {.id = module->id,
		.build_id_size = (uint16_t)build_id.iov_len,
		.path_size = (uint16_t)path.iov_len,
		.start = module->start,
		.end = module->end,
		.bias = module->bias};
	const struct iovec parts[] = {{&head, sizeof head}, build_id, path};

	message_send(producer, WIRE_MSG_MODULE, parts, 3);
}

/* The entry that the same module had when it was here before. */
static struct module *find_dead(const struct module *module)
{
	for (uint32_t i = 0; i < n_modules; i++) {
		uint32_t dead = MODULE_DEAD;

		if (modules[i].identity == module->identity && modules[i].state == MODULE_DEAD &&
			atomic_compare_exchange_strong(&modules[i].state, &dead, MODULE_UNUSED))
			return &modules[i];
	}
	return NULL;
}

/* Adds what LOOKED saw. True: the seed has changed. */
static bool add(struct producer *producer, const struct module *looked)
{
	struct module *module = find_dead(looked);
	bool back = module != NULL;
	uint64_t seed = modules_seed();

	if (!back) {
		uint32_t index = atomic_fetch_add(&n_modules, 1);

		if (index >= MAX_MODULES) {
			atomic_store(&n_modules, MAX_MODULES);
			stacks_set_cut();
			return false;
		}
		module = &modules[index];
		module->start = looked->start;
		module->end = looked->end;
		module->bias = looked->bias;
		module->identity = looked->identity;
	}
	module->map = looked->map;
	sampling_watch((uintptr_t)module->map);
	module->id = atomic_fetch_add(&last_id, 1) + 1;
	atomic_store_explicit(&module->state, MODULE_ALIVE, memory_order_release);
	tell(producer, module);
	if (back)
		reseed();
	return modules_seed() != seed;
}

static bool is_known(uintptr_t pc)
{
	uint32_t n = atomic_load(&n_modules);

	for (uint32_t i = 0; i < n && i < MAX_MODULES; i++)
		if (pc - modules[i].start < modules[i].end - modules[i].start &&
			atomic_load_explicit(&modules[i].state, memory_order_acquire) ==
				MODULE_ALIVE)
			return true;
	return false;
}

bool modules_meet(struct producer *producer, uint64_t pc)
{
	struct module looked;

	/* Of the call, which may be the last instruction of a module. */
	if (is_known(pc - 1) || !look_at(pc - 1, &looked))
		return false;
	return add(producer, &looked);
}

static bool is_still_there(const struct module *module)
{
	struct module looked;

	return look_at(module->start, &looked) && looked.map == module->map &&
	       looked.identity == module->identity;
}

void modules_freed(const void *addr)
{
	uint32_t n = atomic_load(&n_modules);
	bool gone = atomic_load_explicit(&stacks_cut, memory_order_relaxed);

	for (uint32_t i = 0; i < n && i < MAX_MODULES && !gone; i++)
		gone = modules[i].map == addr;
	if (gone) {
		atomic_store(&modules_dirty, true);
		atomic_fetch_add(&shim_news, 1);
	}
}

void modules_verify(struct producer *producer)
{
	bool gone = false;

	atomic_store(&modules_dirty, false);
	for (uint32_t i = 0; i < n_modules && i < MAX_MODULES; i++) {
		struct module *module = &modules[i];
		uint32_t alive = MODULE_ALIVE;

		if (module->state != MODULE_ALIVE || is_still_there(module))
			continue;
		module->was_gone = true;
		if (!atomic_compare_exchange_strong(&module->state, &alive, MODULE_DEAD))
			continue;
		const struct wire_unload body = {.id = module->id};
		const struct iovec part = {(void *)&body, sizeof body};
		message_send(producer, WIRE_MSG_UNLOAD, &part, 1);
		rows_forget(module->start, module->end);
		gone = true;
	}
	if (gone)
		reseed();
	/* Where no stack was told whole, rows may be known of modules that are not. */
	if (atomic_exchange(&stacks_cut, false)) {
		sampling_listen_no_more();
		rows_drop();
	}
}

void modules_tell_all(struct producer *producer, bool forked)
{
	struct module looked;

	if (forked) {
		atomic_store(&last_id, 0);
		for (uint32_t i = 0; i < n_modules && i < MAX_MODULES; i++)
			if (modules[i].state == MODULE_ALIVE && is_still_there(&modules[i])) {
				modules[i].id = atomic_fetch_add(&last_id, 1) + 1;
				sampling_watch((uintptr_t)modules[i].map);
				tell(producer, &modules[i]);
			} else if (modules[i].state == MODULE_ALIVE) {
				modules[i].was_gone = true;
				atomic_store(&modules[i].state, MODULE_DEAD);
				rows_forget(modules[i].start, modules[i].end);
			}
		reseed();
		return;
	}
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (!is_known((uintptr_t)map->l_ld) && look_at((uintptr_t)map->l_ld, &looked))
			add(producer, &looked);
}
