/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the reading of ELF files and their debug information, all in this process: sections,
 * notes, symbol tables, units, line tables, ranges, names. Asks for addresses spread over the
 * sections of code, and for a few that are in none. Every other file that it refers to is itself.
 * Whatever the bytes are, an answer has at least one level and its strings are strings.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "symbol/binary.h"
#include "symbol/elf.h"

#define ASKED 24 /* addresses of a section */

/* So that reading the answers is not optimised away. */
volatile size_t fuzz_read;

static void ask(struct binary *binary, uint64_t address)
{
	static struct level levels[CHAIN_MAX];
	const struct strings *strings = binary_strings(binary);
	size_t count = binary_lookup(binary, address, levels);

	if (!count || count > CHAIN_MAX)
		abort();
	for (size_t i = 0; i < count; i++)
		fuzz_read += strlen(strings_get(strings, levels[i].filename)) +
			     strlen(strings_get(strings, levels[i].function));
}

/* The sections that there are, by a reader of its own: the other one is inside of the binary. */
static void ask_all(struct binary *binary, const struct elf *elf)
{
	for (size_t i = 0; i < elf->n_sections && i < 64; i++) {
		const struct elf_section *section = &elf->sections[i];

		if (!(section->flags & SHF_EXECINSTR))
			continue;
		for (unsigned k = 0; k < ASKED; k++)
			ask(binary, section->address + section->size / ASKED * k + k);
	}
}

static const uint8_t *image;
static size_t image_size;

/* Its split units, their package and its alternate file are all in the input itself. */
static struct elf *open_itself(const char *path, struct error *err)
{
	(void)path;
	return elf_open_memory(image, image_size, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct binary_options options = {.open = open_itself};
	struct error err = ERROR_INIT;
	struct symbol_source source;
	struct binary *binary;
	struct elf *elf;

	image = data;
	image_size = size;
	binary = binary_open_memory(data, size, &options);
	elf = elf_open_memory(data, size, &err);
	ask(binary, 0);
	ask(binary, UINT64_MAX);
	if (elf)
		ask_all(binary, elf);
	source = binary_source(binary);
	if (source.why)
		fuzz_read += strlen(source.why);
	if (elf)
		elf_close(elf);
	binary_close(binary);
	return 0;
}
