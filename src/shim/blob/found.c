/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See found.h, and lookup.h, whose promises are kept here from the splice: the next definition of a name is the program's function,
 * moved. The modules are the program, the kernel's vdso, and ourselves; the last is in no list, since it is nobody's.
 * A dynamic program of musl has its dynamic linker, too, and what that loads: its list is looked through, which only grows.
 *
 * The unwind information of a program without an .eh_frame_hdr (gcc -static) is behind one that memtrace has made: it lies in the splice.
 */
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include "shim/blob/found.h"
#include "shim/lookup.h"
#include "shim/real.h"
#include "shim/shim.h"

enum { PAGE = 4096 };

struct module {
	struct link_map map; /* l_ld: an address in it */
	uintptr_t start, end;
	void *header; /* .eh_frame_hdr */
};

struct r_debug _r_debug SHIM_HIDDEN;
static const struct splice *splice;
static struct module program, linker, vdso, blob;

static bool is_in(const struct module *module, uintptr_t at)
{
	return at - module->start < module->end - module->start;
}

/* Of the module whose first page is HEAD: all that it loads, and its unwind information. */
static void look(struct module *module, const Elf64_Ehdr *head)
{
	const Elf64_Phdr *segments = (const Elf64_Phdr *)((const char *)head + head->e_phoff);
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (unsigned int i = 0; i < head->e_phnum; i++) {
		if (segments[i].p_type != PT_LOAD)
			continue;
		low = segments[i].p_vaddr < low ? segments[i].p_vaddr : low;
		high = segments[i].p_vaddr + segments[i].p_memsz > high ? segments[i].p_vaddr + segments[i].p_memsz : high;
	}
	module->start = (uintptr_t)head;
	module->map.l_addr = (uintptr_t)head - (low & -(uintptr_t)PAGE);
	module->end = (module->map.l_addr + high + PAGE - 1) & -(uintptr_t)PAGE;
	module->map.l_ld = (void *)module->start;
	for (unsigned int i = 0; i < head->e_phnum; i++)
		if (segments[i].p_type == PT_GNU_EH_FRAME)
			module->header = (void *)(module->map.l_addr + segments[i].p_vaddr);
}

/* What the program's first segment of TYPE shows; NULL: it has none. */
static void *program_segment(uint32_t type)
{
	const Elf64_Phdr *segments = (const Elf64_Phdr *)getauxval(AT_PHDR);

	for (unsigned long i = 0; segments && i < getauxval(AT_PHNUM); i++)
		if (segments[i].p_type == type)
			return (void *)(splice->bias + segments[i].p_vaddr);
	return NULL;
}

/* What the dynamic linker has loaded, besides; *MODULE is filled in with it. */
static bool find_loaded(uintptr_t at, struct module *module, struct link_map **map)
{
	const Elf64_Dyn *entry = linker.end ? program_segment(PT_DYNAMIC) : NULL;
	const struct r_debug *list = NULL;

	for (; entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_DEBUG)
			list = (const struct r_debug *)entry->d_un.d_ptr;
	for (*map = list ? list->r_map : NULL; *map; *map = (*map)->l_next) {
		const Elf64_Ehdr *head = (const Elf64_Ehdr *)(*map)->l_addr;

		/* The program's may be 0; all others begin with theirs. */
		if (!head || at < (uintptr_t)head || head->e_ident[EI_MAG0] != ELFMAG0)
			continue;
		*module = (struct module){0};
		look(module, head);
		if (is_in(module, at))
			return true;
	}
	return false;
}

void found_prepare(const struct splice *with)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	static char no_name[] = "", vdso_name[] = "linux-vdso.so.1";

	splice = with;
	program = (struct module){.map = {.l_addr = splice->bias, .l_name = no_name, .l_ld = (void *)splice->start},
		.start = splice->start,
		.end = splice->end,
		.header = (void *)splice->unwind};
	_r_debug.r_map = &program.map;
	if (head) {
		look(&vdso, head);
		vdso.map.l_name = vdso_name;
		program.map.l_next = &vdso.map;
	}
	if (getauxval(AT_BASE)) {
		look(&linker, (const Elf64_Ehdr *)getauxval(AT_BASE));
		linker.map.l_name = (char *)program_segment(PT_INTERP);
		linker.map.l_next = program.map.l_next;
		program.map.l_next = &linker.map;
	}
	look(&blob, (const Elf64_Ehdr *)__ehdr_start);
	blob.map.l_name = (char *)splice->library;
}

int found_object(void *address, struct dl_find_object *result)
{
	const uintptr_t at = (uintptr_t)address;
	struct module *module = is_in(&program, at) ? &program : is_in(&vdso, at) ? &vdso : is_in(&blob, at) ? &blob :
				is_in(&linker, at) ? &linker : NULL, loaded;
	struct link_map *map = module ? &module->map : NULL;

	/* The table that was made for the program, and with it all that it leads to. */
	if (!module && at - splice->unwind_start < splice->unwind_end - splice->unwind_start) {
		*result = (struct dl_find_object){.dlfo_map_start = (void *)splice->unwind_start, .dlfo_map_end = (void *)splice->unwind_end};
		return 0;
	}
	if (!module && find_loaded(at, &loaded, &map))
		module = &loaded;
	if (!module)
		return -1;
	*result = (struct dl_find_object){.dlfo_map_start = (void *)module->start,
		.dlfo_map_end = (void *)module->end,
		.dlfo_link_map = module == &blob ? NULL : map,
		.dlfo_eh_frame = module->header};
	return 0;
}

struct link_map *lookup_self(void)
{
	return &blob.map;
}

bool lookup_is_late(void)
{
	return false;
}

void lookup_keep(bool keep)
{
	(void)keep;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static const struct splice_row *row_of(const char *name)
{
	for (uint32_t i = 0; i < splice->n_rows && i < SPLICE_ROWS; i++)
		if (same(splice->rows[i].name, name))
			return &splice->rows[i];
	return NULL;
}

void *lookup_next_sized(const char *name, bool old, size_t *size)
{
	const struct splice_row *row = row_of(name);

	(void)old;
	*size = 0;
	return row ? (void *)row->moved : NULL;
}

void *lookup_next(const char *name, bool old)
{
	size_t size;

	return same(name, "_dl_find_object") ? (void *)found_object : lookup_next_sized(name, old, &size);
}

/* What the program has not is as good as ours. */
struct link_map *lookup_owner(const char *name)
{
	const struct splice_row *row = row_of(name);

	return !row || row->moved ? &blob.map : &program.map;
}
