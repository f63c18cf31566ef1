/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding and opening an alternate file. It is opened when the first reference or string leads
 * there: of many files just the directory of their compilation lies in it. The link holds its
 * build-id, and a file with another one is never used, since every offset into it would be wrong.
 * A link of DWARF 5 holds a checksum instead, that both files give in .debug_sup.
 */
#include <string.h>
#include "symbol/dwarf_alternate.h"

/* Of .debug_sup: whether ELF is the shared file, its name, and the checksum in ID. */
static bool read_supplement(struct elf *elf, bool *is_shared, struct companion_link *link)
{
	struct elf_section *section = elf_section(elf, ".debug_sup");
	struct error err = ERROR_INIT;
	const uint8_t *data = section ? elf_section_data(elf, section, &err) : NULL;
	struct cursor cursor = cursor_over(data, data ? section->size : 0);

	if (!data || cursor_u16(&cursor) != 5)
		return false;
	*is_shared = cursor_u8(&cursor);
	link->name = line_section_text(&(struct line_section){cursor.at, cursor_left(&cursor)}, 0);
	if (!link->name)
		return false;
	cursor_bytes(&cursor, strlen(link->name) + 1);
	link->id = (const uint8_t *)cursor_string(&cursor, &link->id_size);
	return cursor_ok(&cursor);
}

/* The link of ELF to its alternate file; false: it has none. */
static bool read_link(struct elf *elf, struct companion_link *link)
{
	struct elf_section *section = elf_section(elf, ".gnu_debugaltlink");
	struct error err = ERROR_INIT;
	const uint8_t *data = section ? elf_section_data(elf, section, &err) : NULL;
	bool is_shared;

	if (!data)
		return read_supplement(elf, &is_shared, link) && !is_shared;
	link->name = line_section_text(&(struct line_section){data, section->size}, 0);
	if (!link->name || !*link->name)
		return false;
	link->id = data + strlen(link->name) + 1;
	link->id_size = section->size - strlen(link->name) - 1;
	return true;
}

struct trial {
	struct dwarf_alternate *alternate;
	const struct companion_link *link;
	struct error refused;
};

static bool is_it(struct elf *elf, const struct companion_link *link)
{
	struct companion_link own;
	bool is_shared;

	if (elf->build_id_size == link->id_size && !memcmp(elf->build_id, link->id, link->id_size))
		return true;
	return read_supplement(elf, &is_shared, &own) && is_shared &&
	       own.id_size == link->id_size && !memcmp(own.id, link->id, link->id_size);
}

static bool try(void *data, const struct rooted *place)
{
	struct trial *trial = data;
	struct error err = ERROR_INIT;
	struct elf *elf = companion_open(trial->alternate->search, place, &err);

	if (elf && trial->link->id_size && is_it(elf, trial->link)) {
		trial->alternate->elf = elf;
		return true;
	}
	/* The first place is where it should be; one that is there and is not it tells more. */
	if (elf)
		error_set(&trial->refused, "%s is of another build: its build-id differs", place->path);
	else if (!trial->refused.text[0])
		error_set(&trial->refused, "%s: %s", place->path, err.text);
	elf_close(elf);
	return false;
}

static void open_part(struct dwarf_alternate *alternate)
{
	struct companion_link link;
	struct trial trial = {alternate, &link, ERROR_INIT};
	struct entry_sections sections = {0};

	if (!read_link(alternate->of, &link)) {
		error_set(&alternate->why, "it has no link to it");
		return;
	}
	if (!companion_alternate(alternate->search, &link, try, &trial)) {
		alternate->why = trial.refused;
		return;
	}
	alternate->elf->progress = alternate->of->progress;
	alternate->elf->progress_data = alternate->of->progress_data;
	sections.info = dwarf_section_bytes(alternate->elf, ".debug_info");
	sections.abbrev = dwarf_section_bytes(alternate->elf, ".debug_abbrev");
	sections.str = dwarf_section_bytes(alternate->elf, ".debug_str");
	sections.line_str = dwarf_section_bytes(alternate->elf, ".debug_line_str");
	dwarf_part_read(&alternate->part, &sections);
}

struct dwarf_part *dwarf_alternate_part(struct dwarf_alternate *alternate)
{
	if (!alternate->tried) {
		alternate->tried = true;
		open_part(alternate);
	}
	return alternate->elf ? &alternate->part : NULL;
}

const char *dwarf_alternate_text(struct dwarf_alternate *alternate, const struct entry_text *text)
{
	struct dwarf_part *part;

	if (!text->elsewhere)
		return text->text;
	part = dwarf_alternate_part(alternate);
	return part ? line_section_text(&part->sections.str, text->offset) : NULL;
}

void dwarf_alternate_free(struct dwarf_alternate *alternate)
{
	dwarf_part_free(&alternate->part);
	elf_close(alternate->elf);
}
