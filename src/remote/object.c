/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See object.h. The file is anybody's: each part of it comes through the cursor, or is not there. (gABI; Linux' elf.h) */
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "remote/object.h"

enum { PAGE = 4096, SEGMENTS_MAX = 128, SECTIONS_MAX = 65536, NAME_BYTES_MAX = 4096 };

/* The bytes [offset, offset + size) of the file, as a cursor that fails when they are not there. */
static struct cursor part(const struct object *object, uint64_t offset, uint64_t size)
{
	if (offset > object->file.size || size > object->file.size - offset)
		return (struct cursor){ .failed = true };
	return cursor_over(object->file.data + offset, size);
}

static bool copy(struct cursor *cursor, void *to, size_t size)
{
	const void *bytes = cursor_bytes(cursor, size);

	if (bytes)
		memcpy(to, bytes, size);
	return bytes;
}

static bool read_segments(struct object *object)
{
	struct cursor at = part(object, object->head.e_phoff, object->head.e_phnum * sizeof(Elf64_Phdr));
	Elf64_Phdr segment;

	object->start = UINT64_MAX;
	for (int i = 0; i < object->head.e_phnum && i < SEGMENTS_MAX && copy(&at, &segment, sizeof segment); i++) {
		*ARRAY_PUSH(&object->segments) = segment;
		if (segment.p_type != PT_LOAD || segment.p_memsz > UINT64_MAX - PAGE - segment.p_vaddr)
			continue;
		if (segment.p_vaddr < object->start)
			object->start = segment.p_vaddr & -(uint64_t)PAGE;
		if (segment.p_vaddr + segment.p_memsz > object->end)
			object->end = (segment.p_vaddr + segment.p_memsz + PAGE - 1) & -(uint64_t)PAGE;
	}
	return object->end > 0;
}

static void read_sections(struct object *object)
{
	struct cursor at = part(object, object->head.e_shoff, object->head.e_shnum * sizeof(Elf64_Shdr));
	Elf64_Shdr section;

	for (int i = 0; i < object->head.e_shnum && copy(&at, &section, sizeof section); i++)
		*ARRAY_PUSH(&object->sections) = section;
}

/* The text at OFFSET of the section of strings INDEX; NULL: it has no end, or a long one. */
static const char *text(const struct object *object, uint64_t index, uint64_t offset)
{
	const Elf64_Shdr *strings = index < object->sections.count ? &object->sections.items[index] : NULL;
	struct cursor at;
	size_t left;

	if (!strings || strings->sh_type != SHT_STRTAB || offset > strings->sh_size)
		return NULL;
	at = part(object, strings->sh_offset, strings->sh_size);
	if (!cursor_bytes(&at, offset))
		return NULL;
	left = cursor_left(&at) < NAME_BYTES_MAX ? cursor_left(&at) : NAME_BYTES_MAX;
	return memchr(at.at, 0, left) ? (const char *)at.at : NULL;
}

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 16777619u;
	return hash;
}

static void read_symbols(struct object *object, const Elf64_Shdr *table)
{
	struct cursor at = part(object, table->sh_offset, table->sh_size);
	bool exported = table->sh_type == SHT_DYNSYM;
	Elf64_Sym symbol;

	while (cursor_left(&at) >= sizeof symbol && copy(&at, &symbol, sizeof symbol)) {
		int type = ELF64_ST_TYPE(symbol.st_info);
		const char *name;

		if (symbol.st_shndx == SHN_UNDEF || !symbol.st_value ||
			(type != STT_FUNC && type != STT_GNU_IFUNC && !(exported && type == STT_OBJECT)) ||
			!(name = text(object, table->sh_link, symbol.st_name)))
			continue;
		*ARRAY_PUSH(&object->symbols) = (struct object_symbol){ .value = symbol.st_value,
			.size = symbol.st_size,
			.name = name,
			.hash = hash_of(name),
			.local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL,
			.exported = exported,
			.indirect = type == STT_GNU_IFUNC };
	}
}

static int by_value(const void *a_, const void *b_)
{
	const struct object_symbol *a = a_, *b = b_;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return strcmp(a->name, b->name);
}

int object_open(struct object *object, const char *path, struct error *err)
{
	struct cursor at;

	memset(object, 0, sizeof *object);
	if (file_view_open(&object->file, path, SIZE_MAX, err) < 0)
		return -1;
	at = part(object, 0, sizeof object->head);
	if (!copy(&at, &object->head, sizeof object->head) || memcmp(object->head.e_ident, ELFMAG, SELFMAG) != 0 ||
		object->head.e_ident[EI_CLASS] != ELFCLASS64 || object->head.e_machine != EM_X86_64 ||
		object->head.e_phentsize != sizeof(Elf64_Phdr) || !read_segments(object)) {
		object_close(object);
		return error_set(err, "'%s' is not an ELF file for this machine", path);
	}
	if (object->head.e_shentsize == sizeof(Elf64_Shdr))
		read_sections(object);
	for (size_t i = 0; i < object->sections.count; i++)
		if (object->sections.items[i].sh_type == SHT_SYMTAB || object->sections.items[i].sh_type == SHT_DYNSYM)
			read_symbols(object, &object->sections.items[i]);
	if (object->symbols.count)
		qsort(object->symbols.items, object->symbols.count, sizeof *object->symbols.items, by_value);
	return 0;
}

void object_close(struct object *object)
{
	file_view_close(&object->file);
	ARRAY_FREE(&object->segments);
	ARRAY_FREE(&object->sections);
	ARRAY_FREE(&object->symbols);
}

const struct object_symbol *object_find(const struct object *object, const char *name)
{
	const struct object_symbol *local = NULL;
	const uint32_t hash = hash_of(name);

	for (size_t i = 0; i < object->symbols.count; i++) {
		const struct object_symbol *symbol = &object->symbols.items[i];

		if (symbol->hash != hash || strcmp(symbol->name, name) != 0)
			continue;
		if (!symbol->local)
			return symbol;
		if (local && local->value != symbol->value)
			return NULL;
		local = symbol;
	}
	return local;
}

uint64_t object_end_of(const struct object *object, const struct object_symbol *symbol)
{
	const struct object_symbol *next = symbol, *last = object->symbols.items + object->symbols.count;
	uint64_t end = symbol->size ? symbol->value + symbol->size : object->end;

	while (next < last && next->value <= symbol->value)
		next++;
	return next < last && next->value < end ? next->value : end;
}

const Elf64_Shdr *object_section(const struct object *object, const char *name)
{
	for (size_t i = 0; i < object->sections.count; i++) {
		const char *own = text(object, object->head.e_shstrndx, object->sections.items[i].sh_name);

		if (own && strcmp(own, name) == 0)
			return &object->sections.items[i];
	}
	return NULL;
}

const uint8_t *object_bytes(const struct object *object, uint64_t value, uint64_t size)
{
	for (size_t i = 0; i < object->segments.count; i++) {
		const Elf64_Phdr *segment = &object->segments.items[i];
		struct cursor at;

		if (segment->p_type != PT_LOAD || value < segment->p_vaddr || value - segment->p_vaddr > segment->p_filesz ||
			size > segment->p_filesz - (value - segment->p_vaddr))
			continue;
		at = part(object, segment->p_offset + (value - segment->p_vaddr), size);
		return cursor_bytes(&at, size);
	}
	return NULL;
}

const char *object_interpreter(const struct object *object)
{
	for (size_t i = 0; i < object->segments.count; i++) {
		const Elf64_Phdr *segment = &object->segments.items[i];
		struct cursor at = part(object, segment->p_offset, segment->p_filesz);

		if (segment->p_type == PT_INTERP && cursor_ok(&at) && memchr(at.at, 0, cursor_left(&at)))
			return (const char *)at.at;
	}
	return NULL;
}
