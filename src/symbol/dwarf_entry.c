/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of files that are not libdwarf's: split units and alternate files. Its release 20210528
 * joins two files only half, and reads out of bounds where bytes are corrupt; a file that was found
 * by a name in another one may be anything, and must not cost more than its own names.
 *
 * An entry is read in one pass over its values. Every one goes through the cursor, and an offset or
 * an index from it is checked by whoever follows it. References by type signature are not followed:
 * they name types, never functions.
 */
#include <libdwarf/dwarf.h>
#include <string.h>
#include "symbol/dwarf_entry.h"

static const char *indexed_text(const struct entry_unit *unit, uint64_t index)
{
	const struct line_section *offsets = &unit->sections->str_offsets;
	struct cursor cursor = cursor_over(offsets->data, offsets->size);
	bool wide = unit->walk.sizes.wide;
	uint64_t at;

	if (__builtin_mul_overflow(index, wide ? 8 : 4, &at) ||
		__builtin_add_overflow(at, unit->str_offsets_base, &at))
		return NULL;
	cursor_bytes(&cursor, at);
	at = wide ? cursor_u64(&cursor) : cursor_u32(&cursor);
	return cursor_ok(&cursor) ? line_section_text(&unit->sections->str, at) : NULL;
}

static struct entry_text text_of(const struct entry_unit *unit, const struct form_value *value)
{
	struct entry_text text = {NULL, false, value->number};

	switch (value->form) {
	case DW_FORM_string:
		text.text = value->text;
		break;
	case DW_FORM_strp:
		text.text = line_section_text(&unit->sections->str, value->number);
		break;
	case DW_FORM_line_strp:
		text.text = line_section_text(&unit->sections->line_str, value->number);
		break;
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
	case DW_FORM_GNU_str_index:
		text.text = indexed_text(unit, value->number);
		break;
	case DW_FORM_GNU_strp_alt:
	case DW_FORM_strp_sup:
		text.elsewhere = true;
		break;
	}
	return text;
}

static struct entry_reference reference_of(
	const struct entry_unit *unit, const struct form_value *value)
{
	struct entry_reference reference = {REFERENCE_NONE, value->number};

	switch (value->form) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
		reference.kind = REFERENCE_HERE;
		reference.offset += unit->walk.start;
		break;
	case DW_FORM_ref_addr:
		reference.kind = REFERENCE_HERE;
		break;
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
		reference.kind = REFERENCE_ELSEWHERE;
		break;
	}
	return reference;
}

static bool is_address(uint16_t form)
{
	return form == DW_FORM_addr;
}

static bool is_indexed_address(uint16_t form)
{
	return form == DW_FORM_GNU_addr_index || form == DW_FORM_addrx ||
	       (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4);
}

/* One attribute that says where the code is. HIGH counts only with a low, so that one sees which of
 * the two came. */
static void set_code(
	struct entry *entry, uint16_t attribute, const struct form_value *value, bool *has_high)
{
	struct extent *extent = &entry->extent;

	switch (attribute) {
	case DW_AT_low_pc:
		extent->low = value->number;
		extent->low_indexed = is_indexed_address(value->form);
		break;
	case DW_AT_high_pc:
		*has_high = true;
		extent->high = value->number;
		extent->high_indexed = is_indexed_address(value->form);
		extent->high_is_length = !is_address(value->form) && !extent->high_indexed;
		break;
	case DW_AT_ranges:
		extent->kind = EXTENT_LIST;
		extent->list = value->number;
		extent->list_indexed = value->form == DW_FORM_rnglistx;
		break;
	}
}

static void set_origin(struct entry *entry, const struct entry_unit *unit, uint16_t attribute,
	const struct form_value *value)
{
	if (attribute == DW_AT_abstract_origin || entry->origin.kind == REFERENCE_NONE)
		entry->origin = reference_of(unit, value);
}

/* What an attribute tells of; 0: nothing that is asked for here. */
static enum entry_wanted topic_of(uint16_t attribute)
{
	switch (attribute) {
	case DW_AT_name:
	case DW_AT_linkage_name:
	case DW_AT_MIPS_linkage_name:
		return ENTRY_NAME;
	case DW_AT_abstract_origin:
	case DW_AT_specification:
		return ENTRY_ORIGIN;
	case DW_AT_low_pc:
	case DW_AT_high_pc:
	case DW_AT_ranges:
		return ENTRY_CODE;
	case DW_AT_call_file:
	case DW_AT_call_line:
		return ENTRY_CALL;
	case DW_AT_GNU_dwo_id:
		return ENTRY_SPLIT;
	}
	return 0;
}

static void set(struct entry *entry, const struct entry_unit *unit, uint16_t attribute,
	const struct form_value *value)
{
	switch (attribute) {
	case DW_AT_name:
		entry->name = text_of(unit, value);
		break;
	case DW_AT_linkage_name:
	case DW_AT_MIPS_linkage_name:
		entry->linkage_name = text_of(unit, value);
		break;
	case DW_AT_call_file:
		entry->call_file = value->number;
		break;
	case DW_AT_call_line:
		entry->call_line = value->number;
		break;
	case DW_AT_GNU_dwo_id:
		entry->dwo_id = value->number;
		break;
	default:
		set_origin(entry, unit, attribute, value);
	}
}

bool dwarf_entry_read(const struct entry_unit *unit, uint64_t offset, enum entry_wanted wanted,
	struct entry *entry)
{
	struct cursor cursor;
	const struct abbreviation *kind = dwarf_walk_entry(&unit->walk, offset, &cursor);
	bool has_high = false;

	memset(entry, 0, sizeof *entry);
	if (!kind)
		return false;
	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct abbreviation_field *field =
			&unit->walk.abbreviations->fields.items[kind->first_field + i];
		enum entry_wanted topic = topic_of(field->attribute) & wanted;
		struct form_value value;

		if (!topic) {
			form_skip(&cursor, field->form, &unit->walk.sizes);
			continue;
		}
		value = form_read(&cursor, field, &unit->walk.sizes);
		if (!cursor_ok(&cursor))
			break;
		if (topic == ENTRY_CODE)
			set_code(entry, field->attribute, &value, &has_high);
		else
			set(entry, unit, field->attribute, &value);
	}
	if (has_high)
		entry->extent.kind = EXTENT_PAIR;
	return cursor_ok(&cursor);
}
