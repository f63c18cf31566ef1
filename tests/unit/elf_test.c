/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ELF files, made by hand and by the compiler: sections, inflating, notes, links; and what is
 * refused. */
#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/bytes.h"
#include "symbol/elf.h"
#include "symbol/symtab.h"
#include "toolchain.h"

TestSuite(elf, .init = toolchain_begin, .fini = toolchain_end);

static const char names[] = "\0.names\0.debug_info\0.zdebug_line\0.gnu_debuglink\0.note\0.text";
enum {
	NAME_NAMES = 1,
	NAME_INFO = 8,
	NAME_LINE = 20,
	NAME_LINK = 33,
	NAME_NOTE = 48,
	NAME_TEXT = 54
};

struct part {
	uint32_t name, type;
	uint64_t flags, address;
	const void *data;
	size_t size;
};

/* A file of these sections, behind the null one and the names. */
static struct buffer make_elf(const struct part *parts, size_t count)
{
	struct buffer file = {0};
	Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = 1,
		.e_ehsize = sizeof header,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = count + 2,
		.e_shstrndx = 1};
	Elf64_Shdr sections[8] = {{0}, {.sh_name = NAME_NAMES,
					       .sh_type = SHT_STRTAB,
					       .sh_offset = sizeof header,
					       .sh_size = sizeof names}};

	buffer_bytes(&file, &header, sizeof header);
	buffer_bytes(&file, names, sizeof names);
	for (size_t i = 0; i < count; i++) {
		sections[i + 2] = (Elf64_Shdr){.sh_name = parts[i].name,
			.sh_type = parts[i].type,
			.sh_flags = parts[i].flags,
			.sh_addr = parts[i].address,
			.sh_offset = file.size,
			.sh_size = parts[i].size};
		buffer_bytes(&file, parts[i].data, parts[i].size);
	}
	((Elf64_Ehdr *)file.data)->e_shoff = file.size;
	buffer_bytes(&file, sections, (count + 2) * sizeof *sections);
	return file;
}

static struct elf *open_buffer(const struct buffer *file)
{
	struct error err = ERROR_INIT;
	struct elf *elf = elf_open_memory(file->data, file->size, &err);

	cr_assert_not_null(elf, "%s", err.text);
	return elf;
}

static char text[100000];

static void fill_text(void)
{
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "the same again "[i % 15] + i / 30000;
}

/* A compressed section's bytes: its header, then TEXT as TYPE says; it claims SIZE bytes. */
static struct buffer compress_text(uint32_t type, uint64_t size)
{
	Elf64_Chdr header = {.ch_type = type, .ch_size = size, .ch_addralign = 1};
	struct buffer data = {0};
	size_t packed = compressBound(sizeof text) + ZSTD_compressBound(sizeof text);
	uint8_t *bytes = malloc(packed);

	fill_text();
	if (type == ELFCOMPRESS_ZLIB) {
		uLongf length = packed;

		cr_assert_eq(compress(bytes, &length, (uint8_t *)text, sizeof text), Z_OK);
		packed = length;
	} else {
		packed = ZSTD_compress(bytes, packed, text, sizeof text, 3);
	}
	buffer_bytes(&data, &header, sizeof header);
	buffer_bytes(&data, bytes, packed);
	free(bytes);
	return data;
}

static void check_inflated(uint32_t type, uint64_t claim, size_t cut, bool good)
{
	struct buffer packed = compress_text(type, claim);
	struct part part = {
		NAME_INFO, SHT_PROGBITS, SHF_COMPRESSED, 0, packed.data, packed.size - cut};
	struct buffer file = make_elf(&part, 1);
	struct elf *elf = open_buffer(&file);
	struct elf_section *section = elf_section(elf, ".debug_info");
	struct error err = ERROR_INIT;
	const uint8_t *data;

	cr_assert_not_null(section);
	data = elf_section_data(elf, section, &err);
	if (good) {
		cr_assert_not_null(data, "%s", err.text);
		cr_assert_eq(section->size, sizeof text);
		cr_assert_eq(memcmp(data, text, sizeof text), 0);
		cr_assert_eq(elf_section_data(elf, section, &err), data, "inflated once");
	} else {
		cr_assert_null(data, "type %u, claim %lu, cut %zu", type, claim, cut);
		cr_assert_str_neq(err.text, "");
	}
	elf_close(elf);
	buffer_free(&file);
	buffer_free(&packed);
}

Test(elf, sections_are_inflated)
{
	check_inflated(ELFCOMPRESS_ZLIB, sizeof text, 0, true);
	check_inflated(2, sizeof text, 0, true);
}

Test(elf, inflating_what_lies_is_an_error)
{
	static const uint64_t claims[] = {
		0, 1, sizeof text - 1, sizeof text + 1, 1ull << 40, UINT64_MAX};

	for (uint32_t type = 1; type <= 2; type++) {
		for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
			check_inflated(type, claims[i], 0, false);
		for (size_t cut = 1; cut < 40; cut++)
			check_inflated(type, sizeof text, cut, false);
	}
	check_inflated(3, sizeof text, 0, false);
}

Test(elf, old_names_of_compressed_sections)
{
	struct buffer data = {0};
	struct part part = {NAME_LINE, SHT_PROGBITS, 0, 0, NULL, 0};
	uLongf length = compressBound(sizeof text);
	uint8_t *bytes = malloc(length);
	struct error err = ERROR_INIT;
	struct elf_section *section;
	struct buffer file;
	struct elf *elf;

	fill_text();
	cr_assert_eq(compress(bytes, &length, (uint8_t *)text, sizeof text), Z_OK);
	buffer_bytes(&data, "ZLIB\0\0\0\0\0\1\206\240", 12); /* 100000, big-endian */
	buffer_bytes(&data, bytes, length);
	part.data = data.data;
	part.size = data.size;
	file = make_elf(&part, 1);
	elf = open_buffer(&file);
	section = elf_section(elf, ".debug_line");
	cr_assert_not_null(section);
	cr_assert_eq(memcmp(elf_section_data(elf, section, &err), text, sizeof text), 0);
	elf_close(elf);
	free(bytes);
	buffer_free(&data);
	buffer_free(&file);
}

Test(elf, build_id_and_debug_link)
{
	static const char note[] =
		"\4\0\0\0\20\0\0\0\1\0\0\0GNU\0................" /* another note before it */
		"\4\0\0\0\5\0\0\0\3\0\0\0GNU\0\1\2\3\4\5\0\0";
	static const char link[] = "prog.debug\0\0\x78\x56\x34\x12";
	struct part parts[] = {
		{NAME_NOTE, SHT_NOTE, SHF_ALLOC, 0x100, note, sizeof note},
		{NAME_LINK, SHT_PROGBITS, 0, 0, link, sizeof link - 1},
		{NAME_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0x1000, text, 0x100},
	};
	struct buffer file = make_elf(parts, 3);
	struct elf *elf = open_buffer(&file);
	uint32_t crc = 0;
	char *id;

	cr_assert_eq(elf->build_id_size, 5);
	id = elf_id_text(elf->build_id, elf->build_id_size);
	cr_assert_str_eq(id, "0102030405");
	free(id);
	cr_assert_str_eq(elf_debuglink(elf, &crc), "prog.debug");
	cr_assert_eq(crc, 0x12345678);
	cr_assert_str_eq(elf_section_at(elf, 0x10ff)->name, ".text");
	cr_assert_null(elf_section_at(elf, 0x1100));
	cr_assert_null(elf_section_at(elf, 0xfff));
	elf_close(elf);
	buffer_free(&file);
}

Test(elf, any_cut_and_any_lie_in_the_headers_do_no_harm)
{
	struct part parts[] = {
		{NAME_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0x1000, text, 64},
		{NAME_NOTE, SHT_NOTE, SHF_ALLOC, 0x100, "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\1\2\3\4",
			20},
	};
	struct buffer file = make_elf(parts, 2);
	unsigned refused = 0;

	for (size_t at = 0; at < file.size * 4; at++) {
		struct error err = ERROR_INIT;
		bool cut = at < file.size;
		size_t size = cut ? at : file.size;
		uint8_t *copy = malloc(size + 1);
		struct elf *elf;

		memcpy(copy, file.data, size);
		if (!cut)
			copy[at % file.size] = "\xff\x7f\x01"[at / file.size - 1];
		elf = elf_open_memory(copy, size, &err);
		refused += !elf;
		if (elf) {
			struct symtab symtab;

			symtab_read(&symtab, elf);
			cr_assert_null(symtab_find(&symtab, 0x1000));
			symtab_free(&symtab);
			for (size_t i = 0; i < elf->n_sections; i++)
				elf_section_data(elf, &elf->sections[i], &err);
			elf_close(elf);
		}
		free(copy);
	}
	cr_assert_gt(refused, file.size / 2);
	buffer_free(&file);
}

Test(elf, a_file_without_sections_still_has_its_build_id)
{
	struct error err = ERROR_INIT;
	struct elf *elf;
	size_t size;
	uint8_t *data;

	toolchain_chain("c", "gcc", "-Wl,--build-id=0xabcdef");
	data = toolchain_read("c", &size);
	((Elf64_Ehdr *)data)->e_shoff = 0;
	((Elf64_Ehdr *)data)->e_shnum = 0;
	elf = elf_open_memory(data, size, &err);
	cr_assert_not_null(elf);
	cr_assert_eq(elf->n_sections, 0);
	cr_assert_eq(elf->build_id_size, 3);
	cr_assert_eq(memcmp(elf->build_id, "\xab\xcd\xef", 3), 0);
	elf_close(elf);
	free(data);
}
