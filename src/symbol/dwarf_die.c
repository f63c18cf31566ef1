/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only file that asks libdwarf for attributes. All of its objects are released by hand, since
 * libdwarf's own record of them is mostly turned off (dwarf_file_forgo_cleanup); strings are never
 * released: they lie in their sections.
 *
 * Ranges come in two shapes: low and high (an address, or a length from DWARF 4 on), and lists
 * (dwarf_range.c).
 */
#include "symbol/dwarf_die.h"

bool die_ok(Dwarf_Debug debug, int result, Dwarf_Error *error)
{
	if (result == DW_DLV_ERROR && *error)
		dwarf_dealloc(debug, *error, DW_DLA_ERROR);
	*error = NULL;
	return result == DW_DLV_OK;
}

bool die_at(Dwarf_Debug debug, Dwarf_Off offset, Dwarf_Die *die)
{
	Dwarf_Error error = NULL;

	return die_ok(debug, dwarf_offdie_b(debug, offset, 1, die, &error), &error);
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

const char *die_text(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name)
{
	Dwarf_Error error = NULL;
	Dwarf_Attribute attribute;
	Dwarf_Half form;
	char *text = NULL;

	if (!get(debug, die, name, &attribute, &form))
		return NULL;
	/* For these libdwarf makes a text of its own up when the other file is not there. */
	if (form == DW_FORM_GNU_strp_alt || form == DW_FORM_strp_sup ||
		!die_ok(debug, dwarf_formstring(attribute, &text, &error), &error))
		text = NULL;
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

enum die_reference die_reference(
	Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half name, Dwarf_Off *offset)
{
	enum die_reference reference = REFERENCE_NONE;
	Dwarf_Error error = NULL;
	Dwarf_Attribute attribute;
	Dwarf_Half form;

	if (!get(debug, die, name, &attribute, &form))
		return REFERENCE_NONE;
	if (form == DW_FORM_GNU_ref_alt || form == DW_FORM_ref_sup4 || form == DW_FORM_ref_sup8)
		reference = REFERENCE_ELSEWHERE;
	else if (form != DW_FORM_ref_sig8 &&
		 die_ok(debug, dwarf_global_formref(attribute, offset, &error), &error))
		reference = REFERENCE_HERE;
	dwarf_dealloc_attribute(attribute);
	return reference;
}

void die_ranges(Dwarf_Debug debug, const struct range_context *context, Dwarf_Die die,
	struct intervals *intervals, uint32_t id)
{
	Dwarf_Addr low = 0, high = 0;
	Dwarf_Half form = 0;
	enum Dwarf_Form_Class class = DW_FORM_CLASS_UNKNOWN;
	Dwarf_Error error = NULL;
	Dwarf_Attribute attribute;
	uint64_t where;

	if (die_ok(debug, dwarf_highpc_b(die, &high, &form, &class, &error), &error)) {
		if (die_ok(debug, dwarf_lowpc(die, &low, &error), &error))
			intervals_add(intervals, low,
				class == DW_FORM_CLASS_CONSTANT ? low + high : high, id);
		return;
	}
	if (!get(debug, die, DW_AT_ranges, &attribute, &form))
		return;
	if (value_of(debug, attribute, form, &where))
		range_list_add(context, where, form == DW_FORM_rnglistx, intervals, id);
	dwarf_dealloc_attribute(attribute);
}
