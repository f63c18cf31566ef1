/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ELF file for reading: sections by name, inflated on demand, build-id, debug link. Only 64-bit
 * little-endian x86-64; anything else is an error that says so. Facts: System V gABI chapters 4 and
 * 5 (Elf64_Chdr: "Section compression"; zstd is ELFCOMPRESS_ZSTD, 2), GDB manual "Separate Debug
 * Files" (.gnu_debuglink and its CRC).
 *
 * Nothing outside the file is ever read: every offset is checked when the file is opened, or when a
 * section is asked for.
 */
#ifndef SYMBOL_ELF_H
#define SYMBOL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct elf_section {
	const char
		*name; /* "" when it cannot be read; .zdebug_x of old binutils is called .debug_x */
	uint32_t type, link, info;
	uint64_t flags, address, size,
		entry_size; /* size: as the program sees it, that is inflated */
	const uint8_t *
		stored; /* the bytes in the file; NULL: none (SHT_NOBITS), or outside of the file */
	size_t stored_size;
	uint32_t compression; /* ELFCOMPRESS_ZLIB, 2 for zstd, 0 none, UINT32_MAX unknown or
				 impossible */
	uint8_t *inflated;    /* by elf_section_data, owned by the file */
	char *old_name;	      /* owned, when name had to be made */
};

struct elf {
	const uint8_t *data;
	size_t size;
	bool mapped;   /* to be unmapped at the end */
	uint64_t changed_ns; /* when something was last done to the file (its ctime); 0 in memory */
	uint16_t type; /* ET_EXEC, ET_DYN, ET_REL */
	struct elf_section *sections;
	size_t n_sections;
	const uint8_t *build_id; /* points into data; NULL when there is none */
	size_t build_id_size;
	void (*progress)(void *); /* called while a section is inflated, for who watches the time;
				     may be NULL */
	void *progress_data;
};

/* Maps PATH. NULL and an error when it is missing, no regular file, or nothing that we read. */
struct elf *elf_open(const char *path, struct error *err);
/* The same for a process whose "/" is the folder ROOT, or NULL for ours: links lead where they lead
 * there, never out of it. */
struct elf *elf_open_in(const char *root, const char *path, struct error *err);
/* The same over SIZE bytes at DATA, which must outlive it. */
struct elf *elf_open_memory(const void *data, size_t size, struct error *err);
void elf_close(struct elf *elf); /* NULL is nothing */

/* The first section NAME with bytes in the file. NULL: none. */
struct elf_section *elf_section(const struct elf *elf, const char *name);
/* Its bytes, section->size of them, inflated if need be; valid until elf_close. NULL and an error
 * when it has none or they cannot be inflated: a claim of over about 1000 times the stored bytes is
 * taken for corrupt. */
const uint8_t *elf_section_data(struct elf *elf, struct elf_section *section, struct error *err);
/* The string table that SECTION links to, for elf_name; empty when there is none. */
struct elf_names {
	const uint8_t *data;
	size_t size;
};
struct elf_names elf_linked_names(struct elf *elf, const struct elf_section *section);
/* The string at OFFSET of it, or "". */
const char *elf_name(const struct elf_names *names, uint64_t offset);

/* The section that holds ADDRESS when loaded; NULL: none. */
const struct elf_section *elf_section_at(const struct elf *elf, uint64_t address);

/* The name in .gnu_debuglink and the CRC-32 that the file must have; NULL: none. */
const char *elf_debuglink(const struct elf *elf, uint32_t *crc);
/* A build-id as hexadecimal digits, to be freed; "" for none. */
char *elf_id_text(const uint8_t *id, size_t size);
/* The CRC-32 of a whole file as .gnu_debuglink means it. */
uint32_t elf_crc(const struct elf *elf);

#endif
