/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of a program or library, as far as its code goes: functions by name, what is loaded where, sections.
 */
#ifndef REMOTE_OBJECT_H
#define REMOTE_OBJECT_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

struct object_symbol {
	uint64_t value, size;   /* an address of the file; 0: not said */
	const char *name;       /* in the file */
	uint32_t hash;          /* of the name */
	bool local, exported;   /* exported: of .dynsym */
	bool indirect;          /* its value is its resolver's */
};

struct object {
	struct file_view file;
	Elf64_Ehdr head;
	ARRAY(Elf64_Phdr) segments;
	ARRAY(Elf64_Shdr) sections;
	ARRAY(struct object_symbol) symbols; /* of functions, in order of their values; objects of .dynsym, too */
	uint64_t start, end;    /* of all that is loaded, in whole pages */
};

/* Reads the ELF file at PATH. -1: it is none, or a damaged one; nothing is left then. */
int object_open(struct object *object, const char *path, struct error *err);
void object_close(struct object *object);

/* The function NAME: a local one only if there is one alone; NULL: there is none. */
const struct object_symbol *object_find(const struct object *object, const char *name);
/* Where the function ends: where it says, and at the latest where the next one begins. */
uint64_t object_end_of(const struct object *object, const struct object_symbol *symbol);
/* NULL: there is none. */
const Elf64_Shdr *object_section(const struct object *object, const char *name);
/* The name of its dynamic linker; NULL: it has none. */
const char *object_interpreter(const struct object *object);
/* What the file has for SIZE bytes of its addresses from VALUE on; NULL: not all of them. */
const uint8_t *object_bytes(const struct object *object, uint64_t value, uint64_t size);

#endif
