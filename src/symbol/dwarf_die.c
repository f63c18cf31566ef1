/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only file that asks libdwarf for attributes. All of its objects are released by hand, since
 * libdwarf's own record of them is mostly turned off (dwarf_file_forgo_cleanup); strings are never
 * released: they lie in their sections.
 *
 * Ranges come in two shapes: low and high (an address, or a length from DWARF 4 on), and lists
 * (dwarf_range.c).
 */
#include <string.h>
#include "symbol/dwarf_die.h"

bool die_ok(Dwarf_Debug debug, int result, Dwarf_Error *error)
{
	if (result == DW_DLV_ERROR && *error)
		dwarf_dealloc(debug, *error, DW_DLA_ERROR);
	*error = NULL;
	return result == DW_DLV_OK;
}

void die_free(Dwarf_Die die)
{
	dwarf_dealloc_die(die);
}

Dwarf_Half die_tag(Dwarf_Debug debug, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Half tag = 0;

	return die_ok(debug, dwarf_tag(die, &tag, &error), &error) ? tag : 0;
}

Dwarf_Off die_offset(Dwarf_Debug debug, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Off offset = 0;

	return die_ok(debug, dwarf_dieoffset(die, &offset, &error), &error) ? offset : 0;
}

bool die_has(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute)
{
	Dwarf_Error error = NULL;
	Dwarf_Bool there = 0;

	return die_ok(debug, dwarf_hasattr(die, attribute, &there, &error), &error) && there;
}

/* The attribute and its form; to be released. */
static bool get(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name, Dwarf_Attribute *attribute,
	Dwarf_Half *form)
{
	Dwarf_Error error = NULL;

	if (!die_ok(debug, dwarf_attr(die, name, attribute, &error), &error))
		return false;
	if (die_ok(debug, dwarf_whatform(*attribute, form, &error), &error))
		return true;
	dwarf_dealloc_attribute(*attribute);
	return false;
}

/* An offset into a section, of a form that says which. */
static bool offset_of(Dwarf_Debug debug, Dwarf_Attribute attribute, uint64_t *offset)
{
	Dwarf_Error error = NULL;
	Dwarf_Off value = 0;
	bool there = die_ok(debug, dwarf_global_formref(attribute, &value, &error), &error);

	*offset = value;
	return there;
}

struct entry_text die_text(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name)
{
	struct entry_text text = {NULL, false, 0};
	Dwarf_Error error = NULL;
	Dwarf_Attribute attribute;
	Dwarf_Half form;
	char *string = NULL;

	if (!get(debug, die, name, &attribute, &form))
		return text;
	/* For these libdwarf makes a text of its own up when the other file is not there. */
	if (form == DW_FORM_GNU_strp_alt || form == DW_FORM_strp_sup) {
		text.elsewhere = offset_of(debug, attribute, &text.offset);
	} else if (die_ok(debug, dwarf_formstring(attribute, &string, &error), &error)) {
		text.text = string;
	}
	dwarf_dealloc_attribute(attribute);
	return text;
}

/* An attribute's value as a number, whichever way libdwarf wants to be asked for its form. */
static bool value_of(Dwarf_Debug debug, Dwarf_Attribute attribute, Dwarf_Half form, uint64_t *value)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned number = 0;
	Dwarf_Signed signed_number = 0;
	Dwarf_Off offset = 0;

	if (form == DW_FORM_sec_offset) {
		if (!die_ok(debug, dwarf_global_formref(attribute, &offset, &error), &error))
			return false;
		*value = offset;
		return true;
	}
	if (form != DW_FORM_implicit_const && form != DW_FORM_sdata &&
		die_ok(debug, dwarf_formudata(attribute, &number, &error), &error)) {
		*value = number;
		return true;
	}
	if (!die_ok(debug, dwarf_formsdata(attribute, &signed_number, &error), &error))
		return false;
	*value = signed_number;
	return true;
}

bool die_number(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name, uint64_t *value)
{
	Dwarf_Attribute attribute;
	Dwarf_Half form;
	bool there;

	if (!get(debug, die, name, &attribute, &form))
		return false;
	there = value_of(debug, attribute, form, value);
	dwarf_dealloc_attribute(attribute);
	return there;
}

/* Sets REFERENCE, if DIE has the attribute. */
static void read_reference(
	Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name, struct entry_reference *reference)
{
	Dwarf_Attribute attribute;
	Dwarf_Half form;

	if (!get(debug, die, name, &attribute, &form))
		return;
	if (form == DW_FORM_ref_sup4 || form == DW_FORM_ref_sup8)
		reference->kind = REFERENCE_UNREAD;
	else if (form != DW_FORM_ref_sig8 && offset_of(debug, attribute, &reference->offset))
		reference->kind =
			form == DW_FORM_GNU_ref_alt ? REFERENCE_ELSEWHERE : REFERENCE_HERE;
	dwarf_dealloc_attribute(attribute);
}

struct extent die_extent(Dwarf_Debug debug, Dwarf_Die die)
{
	Dwarf_Addr low = 0, high = 0;
	Dwarf_Half form = 0;
	enum Dwarf_Form_Class class = DW_FORM_CLASS_UNKNOWN;
	struct extent extent = {0};
	Dwarf_Error error = NULL;
	Dwarf_Attribute attribute;

	if (die_ok(debug, dwarf_highpc_b(die, &high, &form, &class, &error), &error)) {
		if (die_ok(debug, dwarf_lowpc(die, &low, &error), &error))
			extent.kind = EXTENT_PAIR;
		extent.low = low;
		extent.high = high;
		extent.high_is_length = class == DW_FORM_CLASS_CONSTANT;
	} else if (get(debug, die, DW_AT_ranges, &attribute, &form)) {
		if (value_of(debug, attribute, form, &extent.list))
			extent.kind = EXTENT_LIST;
		extent.list_indexed = form == DW_FORM_rnglistx;
		dwarf_dealloc_attribute(attribute);
	}
	return extent;
}

static uint32_t small_number(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half attribute)
{
	uint64_t number;

	return die_number(debug, die, attribute, &number) ? number : 0;
}

bool die_entry(Dwarf_Debug debug, Dwarf_Off offset, enum entry_wanted wanted, struct entry *entry)
{
	Dwarf_Error error = NULL;
	Dwarf_Die die;

	memset(entry, 0, sizeof *entry);
	if (!die_ok(debug, dwarf_offdie_b(debug, offset, 1, &die, &error), &error))
		return false;
	if (wanted & ENTRY_NAME) {
		entry->linkage_name = die_text(debug, die, DW_AT_linkage_name);
		if (!entry->linkage_name.text && !entry->linkage_name.elsewhere)
			entry->linkage_name = die_text(debug, die, DW_AT_MIPS_linkage_name);
		entry->name = die_text(debug, die, DW_AT_name);
	}
	if (wanted & ENTRY_ORIGIN) {
		read_reference(debug, die, DW_AT_abstract_origin, &entry->origin);
		if (entry->origin.kind == REFERENCE_NONE)
			read_reference(debug, die, DW_AT_specification, &entry->origin);
	}
	if (wanted & ENTRY_CODE)
		entry->extent = die_extent(debug, die);
	if (wanted & ENTRY_CALL) {
		entry->call_file = small_number(debug, die, DW_AT_call_file);
		entry->call_line = small_number(debug, die, DW_AT_call_line);
	}
	die_free(die);
	return true;
}
