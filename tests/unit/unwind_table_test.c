/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table made of the .eh_frame of this program's own libc is what the linker has made of it; what is damaged is left out. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include "remote/object.h"
#include "remote/unwind_table.h"

static struct object libc;

static void begin(void)
{
	struct error err = ERROR_INIT;
	Dl_info info;

	cr_assert(dladdr((void *)getenv, &info));
	cr_assert_eq(object_open(&libc, info.dli_fname, &err), 0, "%s", err.text);
}

static void end(void)
{
	object_close(&libc);
}

TestSuite(unwind_table, .init = begin, .fini = end);

static void make(struct buffer *table, const uint8_t *bytes, size_t size, uint64_t header, uint64_t address)
{
	size_t n = unwind_table_make(table, header, bytes, size, address);

	cr_assert_eq(table->size, 12 + 8 * n);
	cr_assert_leq(table->size, unwind_table_most(size));
}

Test(unwind_table, as_the_linker)
{
	const Elf64_Shdr *section = object_section(&libc, ".eh_frame"), *header = object_section(&libc, ".eh_frame_hdr");
	const uint8_t *bytes = object_bytes(&libc, section->sh_addr, section->sh_size);
	const uint8_t *linkers = object_bytes(&libc, header->sh_addr, header->sh_size);
	struct buffer table = { 0 };

	make(&table, bytes, section->sh_size, header->sh_addr, section->sh_addr);
	cr_assert_eq(table.size, header->sh_size);
	cr_assert_eq(memcmp(table.data, linkers, table.size), 0);
	buffer_free(&table);
}

/* Cut anywhere, and damaged anywhere: all that a table leads to lies in the section, whole. */
static void holds(const uint8_t *bytes, size_t size)
{
	const uint64_t header = 0x400000, address = 0x500000;
	struct buffer table = { 0 };
	uint32_t n;

	make(&table, bytes, size, header, address);
	memcpy(&n, table.data + 8, sizeof n);
	for (uint32_t i = 0; i < n; i++) {
		int32_t entry;
		uint32_t length;

		memcpy(&entry, table.data + 16 + 8 * i, sizeof entry);
		cr_assert(header + (uint64_t)entry >= address && header + (uint64_t)entry + 4 <= address + size);
		memcpy(&length, bytes + (header + (uint64_t)entry - address), sizeof length);
		cr_assert(header + (uint64_t)entry + 4 + length <= address + size);
	}
	buffer_free(&table);
}

Test(unwind_table, cut_and_damaged)
{
	const Elf64_Shdr *section = object_section(&libc, ".eh_frame");
	const uint8_t *bytes = object_bytes(&libc, section->sh_addr, section->sh_size);
	const size_t size = 4096;
	uint8_t *copy = malloc(size);

	for (size_t cut = 0; cut < 512; cut++) {
		uint8_t *exact = malloc(cut + 1);

		memcpy(exact, bytes, cut);
		holds(exact, cut);
		free(exact);
	}
	for (size_t at = 0; at < size; at += 3) {
		memcpy(copy, bytes, size);
		copy[at] = (uint8_t)~copy[at];
		holds(copy, size);
	}
	free(copy);
}
