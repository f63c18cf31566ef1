/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ELF files: the section table is copied into our own, checked once, so that the rest of the room
 * asks for a section by name and gets bytes that are there. The file itself stays a private
 * read-only mapping: a debug file of a gigabyte costs the pages that are looked at.
 *
 * An inflated section lies in a fresh anonymous mapping: pages appear as the data does, whatever
 * the header claims, and go back to the system at the close.
 *
 * A file that shrinks while it is mapped kills the reader by SIGBUS; that is one reason why
 * symbolizer.c reads files in another process. Program headers are not read but for the note with
 * the build-id of a file without sections.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "base/rooted.h"
#include "symbol/elf.h"
#include "symbol/inflate.h"

#define COMPRESSION_ZSTD 2u /* ELFCOMPRESS_ZSTD, missing in older elf.h */
#define COMPRESSION_BAD UINT32_MAX
#define INFLATE_RATIO 1100u /* zlib reaches 1032 */

/* SIZE bytes at OFFSET of the file, or NULL. */
static const uint8_t *elf_bytes(const struct elf *elf, uint64_t offset, uint64_t size)
{
	if (offset > elf->size || size > elf->size - offset)
		return NULL;
	return elf->data + offset;
}

/* The NUL-terminated string at OFFSET of a table, or "". */
static const char *table_string(const uint8_t *table, size_t size, uint64_t offset)
{
	if (!table || offset >= size || !memchr(table + offset, 0, size - offset))
		return "";
	return (const char *)table + offset;
}

const char *elf_name(const struct elf_names *names, uint64_t offset)
{
	return table_string(names->data, names->size, offset);
}

struct elf_names elf_linked_names(struct elf *elf, const struct elf_section *section)
{
	struct error err = ERROR_INIT;
	struct elf_names names = {NULL, 0};

	if (section->link < elf->n_sections && elf->sections[section->link].stored) {
		names.data = elf_section_data(elf, &elf->sections[section->link], &err);
		names.size = elf->sections[section->link].size;
	}
	return names;
}

static uint64_t inflated_limit(size_t stored)
{
	return (uint64_t)stored * INFLATE_RATIO + 4096;
}

/* Learns how a compressed section is compressed and its true size; the stored bytes begin behind
 * the header. */
static void section_compression(struct elf_section *section)
{
	if (section->flags & SHF_COMPRESSED) {
		struct cursor cursor = cursor_over(section->stored, section->stored_size);
		uint32_t type = cursor_u32(&cursor);

		cursor_u32(&cursor);
		section->size = cursor_u64(&cursor);
		cursor_u64(&cursor);
		section->compression = type == ELFCOMPRESS_ZLIB || type == COMPRESSION_ZSTD
					       ? type
					       : COMPRESSION_BAD;
		if (!cursor_ok(&cursor))
			section->compression = COMPRESSION_BAD;
		section->stored = cursor.at;
		section->stored_size = cursor_left(&cursor);
	} else if (!strncmp(section->name, ".zdebug_", 8) && section->stored_size >= 12 &&
		   !memcmp(section->stored, "ZLIB", 4)) {
		uint64_t size = 0;

		for (int i = 4; i < 12; i++) /* big-endian, on every machine */
			size = size << 8 | section->stored[i];
		section->size = size;
		section->compression = ELFCOMPRESS_ZLIB;
		section->stored += 12;
		section->stored_size -= 12;
		/* Under the name that everybody looks for; libdwarf would inflate a .zdebug section
		 * by itself. */
		section->old_name = xasprintf(".%s", section->name + 2);
		section->name = section->old_name;
	} else {
		return;
	}
	if (section->size > inflated_limit(section->stored_size))
		section->compression = COMPRESSION_BAD;
	if (section->compression == COMPRESSION_BAD)
		section->size = 0;
}

static void read_section(
	struct elf *elf, struct elf_section *section, struct cursor *headers, uint32_t *name)
{
	uint64_t offset;

	*name = cursor_u32(headers);
	section->type = cursor_u32(headers);
	section->flags = cursor_u64(headers);
	section->address = cursor_u64(headers);
	offset = cursor_u64(headers);
	section->size = cursor_u64(headers);
	section->link = cursor_u32(headers);
	section->info = cursor_u32(headers);
	cursor_u64(headers); /* sh_addralign */
	section->entry_size = cursor_u64(headers);
	if (section->type != SHT_NOBITS && section->type != SHT_NULL && section->size)
		section->stored = elf_bytes(elf, offset, section->size);
	section->stored_size = section->stored ? section->size : 0;
}

static int read_sections(
	struct elf *elf, uint64_t offset, uint16_t count, uint16_t names, struct error *err)
{
	const uint8_t *first = elf_bytes(elf, offset, sizeof(Elf64_Shdr));
	uint64_t n = count, names_index = names;
	struct cursor headers;
	uint32_t *name_offsets;

	if (!offset)
		return 0; /* stripped even of its section table: a build-id can still be found */
	if (!first)
		return error_set(err, "its section table lies outside of the file");
	if (!n)
		memcpy(&n, first + offsetof(Elf64_Shdr, sh_size), 8);
	if (names == SHN_XINDEX) {
		uint32_t link;

		memcpy(&link, first + offsetof(Elf64_Shdr, sh_link), 4);
		names_index = link;
	}
	if (n > (elf->size - offset) / sizeof(Elf64_Shdr))
		return error_set(err, "its section table lies outside of the file");
	headers = cursor_over(first, n * sizeof(Elf64_Shdr));
	elf->sections = xcalloc(n ? n : 1, sizeof *elf->sections);
	elf->n_sections = n;
	name_offsets = xcalloc(n ? n : 1, sizeof *name_offsets);
	for (size_t i = 0; i < n; i++)
		read_section(elf, &elf->sections[i], &headers, &name_offsets[i]);
	for (size_t i = 0; i < n; i++) {
		struct elf_section *section = &elf->sections[i];

		section->name = names_index < n ? table_string(elf->sections[names_index].stored,
							  elf->sections[names_index].stored_size,
							  name_offsets[i])
						: "";
		if (section->stored)
			section_compression(section);
	}
	free(name_offsets);
	return 0;
}

/* Notes are padded to 4 bytes, as GNU ld does also in segments aligned to 8 that hold other notes.
 */
static void find_build_id(struct elf *elf, const uint8_t *notes, size_t size)
{
	struct cursor cursor = cursor_over(notes, size);

	while (cursor_left(&cursor) >= sizeof(Elf64_Nhdr) && !elf->build_id) {
		uint32_t name_size = cursor_u32(&cursor), id_size = cursor_u32(&cursor),
			 type = cursor_u32(&cursor);
		const uint8_t *name = cursor_bytes(&cursor, ((uint64_t)name_size + 3) & ~3ull);
		const uint8_t *id = cursor_bytes(&cursor, id_size);

		if (!cursor_ok(&cursor))
			return;
		if (type == NT_GNU_BUILD_ID && name_size == 4 && !memcmp(name, "GNU", 4) &&
			id_size) {
			elf->build_id = id;
			elf->build_id_size = id_size;
		}
		if (cursor_left(&cursor) >= (-id_size & 3))
			cursor_bytes(&cursor, -id_size & 3);
	}
}

static void find_notes(struct elf *elf, const Elf64_Ehdr *header)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].type == SHT_NOTE && elf->sections[i].stored)
			find_build_id(elf, elf->sections[i].stored, elf->sections[i].stored_size);
	for (size_t i = 0; i < header->e_phnum && !elf->build_id; i++) {
		const uint8_t *at = elf_bytes(elf, header->e_phoff, (i + 1) * sizeof(Elf64_Phdr)),
			      *notes;
		Elf64_Phdr segment;

		if (!at)
			return;
		memcpy(&segment, at + i * sizeof segment, sizeof segment);
		notes = elf_bytes(elf, segment.p_offset, segment.p_filesz);
		if (segment.p_type == PT_NOTE && notes)
			find_build_id(elf, notes, segment.p_filesz);
	}
}

static int elf_read(struct elf *elf, struct error *err)
{
	Elf64_Ehdr header;

	if (elf->size < sizeof header || memcmp(elf->data, ELFMAG, SELFMAG))
		return error_set(err, "it is not an ELF file");
	memcpy(&header, elf->data, sizeof header);
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
		header.e_machine != EM_X86_64)
		return error_set(err, "it is not a file for x86-64 (64 bits)");
	elf->type = header.e_type;
	if (header.e_shoff && header.e_shentsize != sizeof(Elf64_Shdr))
		return error_set(
			err, "its section table has entries of %u bytes", header.e_shentsize);
	if (read_sections(elf, header.e_shoff, header.e_shnum, header.e_shstrndx, err))
		return -1;
	find_notes(elf, &header);
	return 0;
}

struct elf *elf_open_memory(const void *data, size_t size, struct error *err)
{
	struct elf *elf = xcalloc(1, sizeof *elf);

	elf->data = data;
	elf->size = size;
	if (!elf_read(elf, err))
		return elf;
	elf_close(elf);
	return NULL;
}

struct elf *elf_open(const char *path, struct error *err)
{
	return elf_open_in(NULL, path, err);
}

struct elf *elf_open_in(const char *root, const char *path, struct error *err)
{
	/* A FIFO must not hold us up. */
	int fd = rooted_open(&(struct rooted){root, path}, O_RDONLY | O_NONBLOCK);
	struct elf *elf = NULL;
	struct stat status;
	void *data;

	if (fd < 0 || fstat(fd, &status)) {
		error_set(err, "%s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		error_set(err, "it is not a regular file");
	} else if (!status.st_size) {
		error_set(err, "it is empty");
	} else {
		data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED) {
			error_set(err, "cannot map it: %s", strerror(errno));
		} else {
			elf = elf_open_memory(data, status.st_size, err);
			if (!elf) {
				munmap(data, status.st_size);
			} else {
				elf->mapped = true;
				elf->changed_ns = (uint64_t)status.st_ctim.tv_sec * 1000000000 +
						  (uint64_t)status.st_ctim.tv_nsec;
			}
		}
	}
	if (fd >= 0)
		close(fd);
	return elf;
}

void elf_close(struct elf *elf)
{
	if (!elf)
		return;
	for (size_t i = 0; i < elf->n_sections; i++) {
		if (elf->sections[i].inflated)
			munmap(elf->sections[i].inflated, elf->sections[i].size);
		free(elf->sections[i].old_name);
	}
	free(elf->sections);
	if (elf->mapped)
		munmap((void *)elf->data, elf->size);
	free(elf);
}

struct elf_section *elf_section(const struct elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].stored && !strcmp(elf->sections[i].name, name))
			return &elf->sections[i];
	return NULL;
}

const uint8_t *elf_section_data(struct elf *elf, struct elf_section *section, struct error *err)
{
	uint8_t *to;
	bool done;

	if (!section->compression && section->stored)
		return section->stored;
	if (section->inflated)
		return section->inflated;
	if (section->compression == COMPRESSION_BAD || !section->stored || !section->size) {
		error_set(err, "its section %s is corrupt or compressed in an unknown way",
			section->name);
		return NULL;
	}
	to = mmap(NULL, section->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (to == MAP_FAILED) {
		error_set(err, "its section %s does not fit into memory", section->name);
		return NULL;
	}
	/* Taking pages one by one would take nearly as long as inflating into them. */
	madvise(to, section->size, MADV_HUGEPAGE);
	done = section->compression == COMPRESSION_ZSTD ? inflate_zstd(elf, section, to)
							: inflate_zlib(elf, section, to);
	if (!done) {
		munmap(to, section->size);
		section->compression = COMPRESSION_BAD;
		error_set(err, "its section %s is corrupt", section->name);
		return NULL;
	}
	section->inflated = to;
	return to;
}

const struct elf_section *elf_section_at(const struct elf *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct elf_section *section = &elf->sections[i];

		if ((section->flags & SHF_ALLOC) && !(section->flags & SHF_TLS) &&
			address >= section->address && address - section->address < section->size)
			return section;
	}
	return NULL;
}

const char *elf_debuglink(const struct elf *elf, uint32_t *crc)
{
	const struct elf_section *section = elf_section(elf, ".gnu_debuglink");
	const char *name;
	size_t at;

	if (!section || section->compression)
		return NULL;
	name = table_string(section->stored, section->stored_size, 0);
	at = (strlen(name) + 4) & ~(size_t)3;
	if (!*name || strchr(name, '/') || at + 4 > section->stored_size)
		return NULL;
	memcpy(crc, section->stored + at, 4);
	return name;
}

char *elf_id_text(const uint8_t *id, size_t size)
{
	char *text = xcalloc(2 * size + 1, 1);

	for (size_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", id[i]);
	return text;
}

uint32_t elf_crc(const struct elf *elf)
{
	return crc32_z(crc32_z(0, NULL, 0), elf->data, elf->size);
}
