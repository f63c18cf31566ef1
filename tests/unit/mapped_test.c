/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file that was mapped, and no other one. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/memory.h"
#include "symbol/mapped.h"
#include "symbol/symtab.h"
#include "toolchain.h"

TestSuite(mapped, .init = toolchain_begin, .fini = toolchain_end);

static struct error err;

/* Whether MODULE's file is taken; ERR tells why not. */
static bool taken(const struct symbol_module *module)
{
	struct elf *elf;

	err = (struct error)ERROR_INIT;
	elf = mapped_open(module, &err);
	elf_close(elf);
	return elf;
}

Test(mapped, without_a_build_id_a_file_that_changed_since_is_refused)
{
	struct symbol_module module = {.path = "c"};

	toolchain_chain("c", "gcc", "-Wl,--build-id=none");
	cr_assert(taken(&module), "%s", err.text);
	module.mapped_ns = clock_ns(CLOCK_REALTIME);
	cr_assert(taken(&module), "%s", err.text);
	module.mapped_ns -= 3600ull * 1000000000;
	cr_assert_not(taken(&module));
	cr_assert_str_eq(err.text,
		"the file has changed since it was mapped, and no build-id tells how much");
	/* Its own time of change may be set back. */
	toolchain_run("touch -d 2001-01-01 c");
	cr_assert_not(taken(&module));
	module.mapped_ns = clock_ns(CLOCK_REALTIME);
	module.elsewhere = true;
	cr_assert_not(taken(&module), "on another machine an old file is another one all the same");
	cr_assert_str_eq(err.text,
		"it has no build-id and was mapped on another machine, so that no file here is known to be it");
}

static const uint8_t id[] = {0xaa, 0xbb, 0xcc, 0xdd, 0xee};

Test(mapped, with_a_build_id_its_time_means_nothing)
{
	struct symbol_module module = {
		.path = "c", .build_id = id, .build_id_size = sizeof id, .mapped_ns = 1, .elsewhere = true};

	toolchain_chain("c", "gcc", "-Wl,--build-id=0xaabbccddee");
	cr_assert(taken(&module), "%s", err.text);
	module.build_id_size--;
	cr_assert_not(taken(&module));
	cr_assert_not_null(strstr(err.text, "its build-id is aabbccddee, was aabbccdd"));
}

Test(mapped, a_program_that_was_replaced_is_read_while_it_runs)
{
	struct symbol_module module = {.path = "s"};
	struct elf *elf;
	pid_t pid;
	int ends[2];

	toolchain_chain("c", "gcc", "-Wl,--build-id=0xaabbccddee");
	toolchain_run("cp /bin/cat s");
	elf = elf_open("s", &err);
	if (!elf || !elf->build_id_size)
		cr_skip("cat has no build-id here");
	module.build_id = elf->build_id;
	module.build_id_size = elf->build_id_size;
	cr_assert(taken(&module));
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[0], 0);
		execl("./s", "s", NULL);
		_exit(1);
	}
	close(ends[0]);
	/* It has become cat when its copy of the pipe's other end is closed. */
	char *path = xasprintf("/proc/%d/exe", pid), now[PATH_MAX] = "";
	while (!strstr(now, "/s"))
		cr_assert_gt(readlink(path, now, sizeof now - 1), 0);
	free(path);
	toolchain_run("mv c s");
	cr_assert_not(taken(&module));
	cr_assert_not_null(strstr(err.text, "its build-id is aabbccddee, was "));
	module.pid = pid;
	cr_assert(taken(&module), "%s", err.text);
	module.path = "s (deleted)";
	cr_assert(taken(&module), "%s", err.text);
	/* Another process has another program, and its build-id tells. */
	module.pid = getpid();
	cr_assert_not(taken(&module));
	cr_assert_str_eq(err.text, "the file was deleted or replaced while the program ran");
	close(ends[1]);
	waitpid(pid, NULL, 0);
	module.pid = pid;
	cr_assert_not(taken(&module), "it has ended");
	elf_close(elf);
}

Test(mapped, a_library_that_was_deleted_is_read_while_it_is_mapped)
{
	struct symbol_module module = {.path = "l.so", .build_id = id, .build_id_size = sizeof id};
	struct link_map *map;

	toolchain_chain("l.so", "gcc", "-shared -fPIC -Wl,--build-id=0xaabbccddee");
	map = dlopen("./l.so", RTLD_NOW);
	cr_assert_not_null(map);
	toolchain_run("rm l.so");
	cr_assert_not(taken(&module));
	module.pid = getpid();
	module.start = map->l_addr;
	if (system("for f in /proc/$$/map_files/*; do head -c 1 \"$f\" >/dev/null 2>&1 && exit 0; done; exit 1"))
		cr_skip("only root may open what is mapped");
	cr_assert(taken(&module), "%s", err.text);
	module.start += 1;
	cr_assert_not(taken(&module));
	dlclose(map);
}

Test(mapped, in_another_root_links_stay_inside)
{
	char folder[PATH_MAX];
	struct symbol_module module = {
		.path = "/usr/bin/prog", .build_id = id, .build_id_size = sizeof id};

	cr_assert_not_null(getcwd(folder, sizeof folder));
	toolchain_chain("c", "gcc", "-Wl,--build-id=0xaabbccddee");
	/* Absolute, and upwards: both mean that root's own. */
	toolchain_run("mkdir -p r/usr r/opt/bin && mv c r/opt/prog && ln -s /opt/bin r/usr/bin && "
		      "ln -s ../../../../../opt/prog r/opt/bin/prog");
	cr_assert_not(taken(&module));
	module.root = "r";
	cr_assert(taken(&module), "%s", err.text);
	module.root = folder;
	cr_assert_not(taken(&module));
	module.root = "nowhere";
	cr_assert_not(taken(&module));
	cr_assert_str_eq(err.text, "the file cannot be read: No such file or directory");
}

/* ---- the vdso ---- */

struct vdso {
	uint8_t id[64];
	size_t id_size;
	uint64_t bias;
};

static int find_vdso(struct dl_phdr_info *info, size_t size, void *data)
{
	struct vdso *vdso = data;

	(void)size;
	if (!strstr(info->dlpi_name, "linux-vdso"))
		return 0;
	vdso->bias = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Nhdr) *note = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		const char *at = (const char *)note, *end = at + info->dlpi_phdr[i].p_memsz;

		while (info->dlpi_phdr[i].p_type == PT_NOTE && at + sizeof *note <= end) {
			note = (const void *)at;
			at += sizeof *note + ((note->n_namesz + 3) & ~3u);
			if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= sizeof vdso->id) {
				vdso->id_size = note->n_descsz;
				memcpy(vdso->id, at, note->n_descsz);
			}
			at += (note->n_descsz + 3) & ~3u;
		}
	}
	return 1;
}

Test(mapped, the_vdso_is_the_one_in_our_own_memory)
{
	struct vdso vdso = {.id_size = 0};
	struct symbol_module module = {.path = "linux-vdso.so.1", .build_id = vdso.id};
	struct symtab symtab;
	struct elf *elf;
	bool found = false;

	dl_iterate_phdr(find_vdso, &vdso);
	if (!vdso.id_size)
		cr_skip("this kernel has no vdso, or it has no build-id");
	cr_assert_not(taken(&module), "of which kernel nobody knows");
	module.build_id_size = vdso.id_size;
	elf = mapped_open(&module, &err);
	cr_assert_not_null(elf, "%s", err.text);
	symtab_read(&symtab, elf);
	for (size_t i = 0; i < symtab.count; i++)
		found |= strstr(symtab.entries[i].name, "getcpu") != NULL;
	cr_assert(found);
	symtab_free(&symtab);
	elf_close(elf);
	vdso.id[0] ^= 1;
	cr_assert_not(taken(&module));
	cr_assert_str_eq(err.text, "it is the code of another kernel than the one that runs here");
}
