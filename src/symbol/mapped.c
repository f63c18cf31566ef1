/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is at a path now need not be what was mapped: an upgrade, a new build, an unmounted file
 * system. A build-id decides. Without one nothing proves that a file is the same, but a change since
 * it was mapped disproves it: its ctime moves with everything that is done to its bytes or its name,
 * and cannot be set back as mtime can. So a file that was copied here later gives no names either,
 * nor does any on another machine: better none than invented ones.
 *
 * A process may have changed its root since it mapped a file: one of that build-id in ours is the one.
 * What is gone can be opened through /proc while a process has it mapped: the program itself as
 * /proc/PID/exe, anything, for who may, in /proc/PID/map_files. It is believed by its build-id alone,
 * since a pid may be somebody else's by now.
 *
 * The vdso has no file. All processes of a kernel have the same one, we too.
 */
#include <dirent.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "base/memory.h"
#include "symbol/mapped.h"

#define DELETED " (deleted)" /* behind the path in /proc/PID/maps: proc(5) */
#define VDSO "linux-vdso.so.1"

static bool is_deleted(const char *path)
{
	size_t length = strlen(path), tail = strlen(DELETED);

	return length > tail && !strcmp(path + length - tail, DELETED);
}

static bool has_id(const struct elf *elf, const struct symbol_module *module)
{
	return elf->build_id_size == module->build_id_size &&
	       !memcmp(elf->build_id, module->build_id, elf->build_id_size);
}

static int refuse_id(const struct elf *elf, const struct symbol_module *module, struct error *err)
{
	char *mapped = elf_id_text(module->build_id, module->build_id_size);
	char *found = elf_id_text(elf->build_id, elf->build_id_size);

	error_set(err, "the file has changed since it was mapped: its build-id is %s, was %s",
		*found ? found : "gone", mapped);
	free(mapped);
	free(found);
	return -1;
}

static int check_same(const struct elf *elf, const struct symbol_module *module, struct error *err)
{
	if (module->build_id_size)
		return has_id(elf, module) ? 0 : refuse_id(elf, module, err);
	if (module->elsewhere)
		return error_set(err,
			"it has no build-id and was mapped on another machine, so that no file here is known to be it");
	if (module->mapped_ns && elf->changed_ns > module->mapped_ns)
		return error_set(err,
			"the file has changed since it was mapped, and no build-id tells how much");
	return 0;
}

/* ELF, if it is the one; else it is closed. */
static struct elf *checked(struct elf *elf, const struct symbol_module *module, struct error *err)
{
	if (!elf || !check_same(elf, module, err))
		return elf;
	elf_close(elf);
	return NULL;
}

/* The kernel's image is whole: its section table comes last. */
static struct elf *open_vdso(const struct symbol_module *module, struct error *err)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	struct error why = ERROR_INIT;
	struct elf *elf = NULL;

	if (header && module->build_id_size)
		elf = elf_open_memory(header,
			header->e_shoff + (size_t)header->e_shnum * header->e_shentsize, &why);
	if (!elf) {
		error_set(err, "it is the kernel's code, which cannot be read here");
	} else if (!has_id(elf, module)) {
		error_set(err, "it is the code of another kernel than the one that runs here");
		elf_close(elf);
		elf = NULL;
	}
	return elf;
}

static struct elf *open_at_path(const struct symbol_module *module, struct error *err)
{
	struct error why = ERROR_INIT;
	struct elf *elf;

	elf = elf_open_in(module->root, module->path, &why);
	if (!elf && is_deleted(module->path))
		error_set(err, "the file was deleted or replaced while the program ran");
	else if (!elf)
		error_set(err, "the file cannot be read: %s", why.text);
	return checked(elf, module, err);
}

/* PATH, which is freed, if it is the one. */
static struct elf *open_other(const struct symbol_module *module, char *path)
{
	struct error ignored = ERROR_INIT;
	struct elf *elf = checked(elf_open(path, &ignored), module, &ignored);

	free(path);
	return elf;
}

/* The file that the process has mapped at the module's start: proc(5), /proc/pid/map_files. */
static struct elf *open_mapping(const struct symbol_module *module)
{
	char *folder = xasprintf("/proc/%d/map_files", module->pid);
	char *from = xasprintf("%lx-", (unsigned long)module->start);
	DIR *listed = opendir(folder);
	struct elf *elf = NULL;
	struct dirent *entry;

	while (listed && !elf && (entry = readdir(listed)))
		if (!strncmp(entry->d_name, from, strlen(from)))
			elf = open_other(module, xasprintf("%s/%s", folder, entry->d_name));
	if (listed)
		closedir(listed);
	free(folder);
	free(from);
	return elf;
}

struct elf *mapped_open(const struct symbol_module *module, struct error *err)
{
	struct elf *elf;

	if (!strcmp(module->path, VDSO))
		return open_vdso(module, err);
	elf = open_at_path(module, err);
	if (elf || !module->build_id_size)
		return elf;
	if (module->root)
		elf = open_other(module, xstrdup(module->path));
	if (!elf && module->pid)
		elf = open_other(module, xasprintf("/proc/%d/exe", module->pid));
	if (!elf && module->pid)
		elf = open_mapping(module);
	return elf;
}
