/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See splice_in.h. One mapping near the functions' code has all of it:
 *
 *	| the library (only into a static program) | struct splice | its code | the unwind table, where the program has none |
 *
 * That table stands near the program's code, in a mapping of its own, where the functions are those of musl's libc, which is far from it.
 * Best below the program: above a static one its heap grows, and it must find the room that it would find without us.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "remote/splice_in.h"
#include "remote/splice_plan.h"
#include "remote/unwind_table.h"

enum { PAGE = 4096, TRIES = 64, AUXILIARY_MAX = 64 };
#define LOWEST (64ul << 10)
#define STEP (1ul << 20)
#define LIBRARY_MAX (64ul << 20)
#define ABOVE (1400ul << 20) /* of a program that has no room below it: beyond a heap of that size, and within reach */

struct work {
	struct birth *birth;
	const struct splice_in *wish;
	const struct object *program, *owner; /* owner: of the functions */
	struct object library;
	uint64_t bias;                        /* of the program; the owner's is in places */
	struct splice_plan plan;
	struct splice_places places;
	uint64_t base, size, table_at; /* of the first mapping; base: also where the library's beginning will stand */
	struct buffer table;
};

static uint64_t whole_pages(uint64_t size)
{
	return (size + PAGE - 1) & -(uint64_t)PAGE;
}

/* Run-time addresses minus the files'. False: they cannot be told. */
static bool find_biases(struct work *work)
{
	bool found = false;
	Elf64_auxv_t entries[AUXILIARY_MAX];
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/auxv", (int)work->birth->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, entries, sizeof entries);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; got > 0 && i < (size_t)got / sizeof *entries; i++) {
		if (entries[i].a_type == AT_ENTRY) {
			work->bias = entries[i].a_un.a_val - work->program->head.e_entry;
			found = true;
		}
		if (entries[i].a_type == AT_BASE)
			work->places.bias = entries[i].a_un.a_val - work->owner->start;
	}
	if (work->owner == work->program)
		work->places.bias = work->bias;
	return found;
}

static int call(struct work *work, const char *what, long number, const long arguments[6], long *result, struct error *err)
{
	if (birth_call(work->birth, number, arguments, result, err) < 0)
		return -1;
	if ((unsigned long)*result > -4096ul)
		return error_status(err, EXIT_MEMTRACE_FAILED, "%s: %s", what, strerror((int)-*result));
	return 0;
}

/* A mapping of SIZE bytes near OBJECT, which is loaded with BIAS; *AT is where. */
static int find_room(struct work *work, const struct object *object, uint64_t bias, uint64_t size, uint64_t *at, struct error *err)
{
	const uint64_t start = bias + object->start, end = bias + object->end;
	uint64_t below = start - size - STEP;

	for (int i = 0; i < TRIES; i++) {
		long result;

		*at = (start > size + STEP + LOWEST && below >= LOWEST ? below : whole_pages(end) + ABOVE - (uint64_t)i * STEP) &
			-(uint64_t)PAGE;
		if (birth_call(work->birth, SYS_mmap, (const long[6]){ (long)*at, (long)size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0 }, &result, err) < 0)
			return -1;
		if ((uint64_t)result == *at)
			return 0;
		below = below > STEP ? below - STEP : 0;
	}
	return error_status(err, EXIT_MEMTRACE_FAILED, "there is no room near its code");
}

static int protect(struct work *work, uint64_t at, uint64_t size, int protection, struct error *err)
{
	const long arguments[6] = { (long)(at & -(uint64_t)PAGE), (long)whole_pages(size + at % PAGE), protection };
	long result;

	return call(work, "mprotect", SYS_mprotect, arguments, &result, err);
}

/* The library as it will stand at work->base, with the only relocations that it has. */
static bool make_image(const struct work *work, uint8_t *image)
{
	const struct object *library = &work->library;

	for (size_t i = 0; i < library->segments.count; i++) {
		const Elf64_Phdr *segment = &library->segments.items[i];
		const uint8_t *bytes = object_bytes(library, segment->p_vaddr, segment->p_filesz);

		if (segment->p_type == PT_LOAD && bytes)
			memcpy(image + segment->p_vaddr, bytes, segment->p_filesz);
	}
	for (size_t i = 0; i < library->sections.count; i++) {
		const Elf64_Shdr *section = &library->sections.items[i];
		const uint8_t *bytes = section->sh_type == SHT_RELA ? object_bytes(library, section->sh_addr, section->sh_size) : NULL;

		for (uint64_t at = 0; bytes && at + sizeof(Elf64_Rela) <= section->sh_size; at += sizeof(Elf64_Rela)) {
			Elf64_Rela entry;
			uint64_t value;

			memcpy(&entry, bytes + at, sizeof entry);
			value = work->base + (uint64_t)entry.r_addend;
			if (ELF64_R_TYPE(entry.r_info) != R_X86_64_RELATIVE || entry.r_offset > library->end - sizeof value)
				return false;
			memcpy(image + entry.r_offset, &value, sizeof value);
		}
	}
	return true;
}

static int write_image(struct work *work, const uint8_t *image, struct error *err)
{
	for (size_t i = 0; i < work->library.segments.count; i++) {
		const Elf64_Phdr *segment = &work->library.segments.items[i];
		int protection = segment->p_flags & PF_W ? PROT_READ | PROT_WRITE : segment->p_flags & PF_X ? PROT_READ | PROT_EXEC : PROT_READ;

		if (segment->p_type == PT_LOAD &&
			(birth_write(work->birth, work->base + segment->p_vaddr, image + segment->p_vaddr, segment->p_filesz, err) < 0 ||
				protect(work, work->base + segment->p_vaddr, segment->p_memsz, protection, err) < 0))
			return -1;
	}
	return 0;
}

static int lay_library(struct work *work, struct error *err)
{
	const struct object_symbol *pointer = object_find(&work->library, "blob_splice");
	uint8_t *image;
	int result;

	/* Its own file, but anything may have become of that. */
	if (!pointer || work->library.start != 0 || work->library.end > LIBRARY_MAX || pointer->value > work->library.end - sizeof(uint64_t))
		return error_status(err, EXIT_MEMTRACE_FAILED, "%s is damaged", work->wish->library);
	image = xcalloc(1, work->library.end);
	if (make_image(work, image)) {
		result = write_image(work, image, err);
		if (result == 0) /* not in the file's part: it is zero there */
			result = birth_write(work->birth, work->base + pointer->value, &work->places.splice, sizeof work->places.splice, err);
	} else {
		result = error_status(err, EXIT_MEMTRACE_FAILED, "%s is damaged", work->wish->library);
	}
	free(image);
	return result;
}

/* The program's unwind table: its own, or one that is made. */
static void plan_unwinding(struct work *work)
{
	struct splice *splice = work->plan.splice;
	const Elf64_Shdr *section = object_section(work->program, ".eh_frame");
	const uint8_t *bytes = section ? object_bytes(work->program, section->sh_addr, section->sh_size) : NULL;
	uint64_t at;

	for (size_t i = 0; i < work->program->segments.count; i++)
		if (work->program->segments.items[i].p_type == PT_GNU_EH_FRAME)
			splice->unwind = work->bias + work->program->segments.items[i].p_vaddr;
	splice->unwind_start = splice->unwind ? splice->start : 0;
	splice->unwind_end = splice->unwind ? splice->end : 0;
	if (splice->unwind || !bytes)
		return;
	at = work->bias + section->sh_addr;
	if (!unwind_table_make(&work->table, work->table_at, bytes, section->sh_size, at))
		return;
	splice->unwind = work->table_at;
	splice->unwind_start = at < work->table_at ? at : work->table_at;
	splice->unwind_end = at + section->sh_size > work->table_at + work->table.size ? at + section->sh_size :
											 work->table_at + work->table.size;
}

static int check_plan(const struct work *work, struct error *err)
{
	const struct splice_plan *plan = &work->plan;
	const char *needed[] = { "malloc", "free", "calloc", "realloc" };

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		const struct splice_row *row = splice_plan_row(plan, needed[i]);

		if (!row || row->moved)
			continue;
		for (size_t k = 0; k < plan->unmoved.count; k++)
			if (strcmp(plan->unmoved.items[k].name, needed[i]) == 0)
				return error_status(err, EXIT_MEMTRACE_FAILED, "the beginning of its %s cannot be moved: %s", needed[i],
					plan->unmoved.items[k].why);
	}
	return 0;
}

/* What is not recorded; NULL: all is. */
static char *describe_unmoved(const struct splice_plan *plan)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < plan->unmoved.count; i++) {
		const struct splice_unmoved *one = &plan->unmoved.items[i];
		char *part;

		if (!one->allocates)
			continue;
		part = xasprintf("%s%s (%s)", text.size ? ", " : "functions whose beginnings cannot be moved are not watched: ", one->name, one->why);
		buffer_bytes(&text, part, strlen(part));
		free(part);
	}
	if (text.size)
		buffer_u8(&text, 0);
	return (char *)text.data;
}

/* The library for other programs is mapped, by which a traced process is known (procfs_has_shim). It is no loss where it cannot be. */
static int show_library(struct work *work, struct error *err)
{
	const long open_arguments[6] = { AT_FDCWD, (long)(work->places.splice + offsetof(struct splice, library)), O_RDONLY | O_CLOEXEC };
	long fd, ignored;

	if (birth_call(work->birth, SYS_openat, open_arguments, &fd, err) < 0)
		return -1;
	if (fd < 0)
		return 0;
	return birth_call(work->birth, SYS_mmap, (const long[6]){ 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0 }, &ignored, err) < 0 ||
			       birth_call(work->birth, SYS_close, (const long[6]){ fd }, &ignored, err) < 0 ? -1 : 0;
}

static int write_all(struct work *work, struct error *err)
{
	const struct splice_plan *plan = &work->plan;

	if ((work->wish->lay && lay_library(work, err) < 0) ||
		birth_write(work->birth, work->places.splice, plan->splice, sizeof *plan->splice, err) < 0 ||
		birth_write(work->birth, work->places.code, plan->code.data, plan->code.size, err) < 0 ||
		protect(work, work->places.code, SPLICE_CODE_MAX, PROT_READ | PROT_EXEC, err) < 0 ||
		(work->table.size && (birth_write(work->birth, work->table_at, work->table.data, work->table.size, err) < 0 ||
					     protect(work, work->table_at, work->table.size, PROT_READ, err) < 0)) ||
		(work->wish->lay && show_library(work, err) < 0))
		return -1;
	for (size_t i = 0; i < plan->jumps.count; i++)
		if (birth_write(work->birth, plan->jumps.items[i].at, plan->jumps.items[i].code, plan->jumps.items[i].size, err) < 0)
			return -1;
	for (size_t i = 0; i < plan->calls.count; i++)
		if (birth_write(work->birth, plan->calls.items[i].at, &plan->calls.items[i].distance, sizeof(int32_t), err) < 0)
			return -1;
	if (work->wish->lay)
		work->birth->registers.rip = work->base + work->library.head.e_entry;
	return 0;
}

/* All mappings. */
static int find_rooms(struct work *work, struct error *err)
{
	const Elf64_Shdr *section = object_section(work->program, ".eh_frame");
	const uint64_t laid = work->wish->lay ? work->library.end : 0,
		table = work->wish->lay && section ? whole_pages(unwind_table_most(section->sh_size)) : 0;
	const bool apart = table && work->owner != work->program;

	work->size = laid + whole_pages(sizeof(struct splice)) + whole_pages(SPLICE_CODE_MAX) + (apart ? 0 : table);
	if (work->size > ABOVE / 2 || table > ABOVE / 2)
		return error_status(err, EXIT_MEMTRACE_FAILED, "there is no room near its code");
	if (find_room(work, work->owner, work->places.bias, work->size, &work->base, err) < 0)
		return -1;
	work->places.splice = work->base + laid;
	work->places.code = work->places.splice + whole_pages(sizeof(struct splice));
	work->table_at = work->places.code + whole_pages(SPLICE_CODE_MAX);
	return apart ? find_room(work, work->program, work->bias, table, &work->table_at, err) : 0;
}

static int work_on(struct work *work, struct error *err)
{
	if (!find_biases(work))
		return error_status(err, EXIT_MEMTRACE_FAILED, "where it is loaded cannot be told");
	if (find_rooms(work, err) < 0)
		return -1;
	work->places.libc = work->owner != work->program;
	splice_plan_make(&work->plan, work->owner, &work->library, &work->places);
	work->plan.splice->start = work->bias + work->program->start;
	work->plan.splice->end = work->bias + work->program->end;
	work->plan.splice->bias = work->bias;
	snprintf(work->plan.splice->library, sizeof work->plan.splice->library, "%s", work->wish->preload);
	if (check_plan(work, err) < 0)
		return -1;
	if (work->wish->lay) {
		work->plan.splice->entry = work->birth->registers.rip;
		plan_unwinding(work);
	}
	return write_all(work, err);
}

int splice_in(struct birth *birth, const struct splice_in *wish, struct splice_made *made, struct error *err)
{
	struct work work = { .birth = birth, .wish = wish, .program = wish->program, .owner = wish->owner ? wish->owner : wish->program };
	int result;

	if (object_open(&work.library, wish->library, err) < 0)
		return -1;
	result = work_on(&work, err);
	*made = (struct splice_made){ .at = work.places.splice, .unwatched = result == 0 ? describe_unmoved(&work.plan) : NULL };
	if (work.plan.splice)
		splice_plan_free(&work.plan);
	buffer_free(&work.table);
	object_close(&work.library);
	return result;
}
