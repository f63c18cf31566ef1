/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Abbreviations: what the entries of a unit are made of. DWARF 5, section 7.5.3.
 */
#ifndef SYMBOL_DWARF_ABBREV_H
#define SYMBOL_DWARF_ABBREV_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/memory.h"
#include "symbol/dwarf_line.h"

struct abbreviation {
	uint16_t tag;
	bool has_children;
	bool has_code; /* low_pc or ranges among its attributes */
	size_t first_field, n_fields;
	uint32_t fixed_size; /* of an entry behind its code; UINT32_MAX: it varies */
	bool has_sibling;
};

struct abbreviation_field {
	uint16_t attribute, form;
	int64_t constant; /* of DW_FORM_implicit_const */
};

struct abbreviations {
	ARRAY(struct abbreviation) list; /* the first is none */
	ARRAY(struct abbreviation_field) fields;
	struct map by_code; /* for codes that are not simply 1, 2, 3 …: code -> index in list */
};

/* How a unit's forms are laid out. */
struct form_sizes {
	uint16_t version;
	bool wide; /* 64-bit DWARF */
};

/* Reads the table at CURSOR; what cannot be read is missing from it. */
void abbreviations_read(
	struct abbreviations *table, struct cursor cursor, const struct form_sizes *sizes);
void abbreviations_free(struct abbreviations *table);
/* NULL: there is no such code. Valid as long as the table. */
const struct abbreviation *abbreviations_find(const struct abbreviations *table, uint64_t code);

/* The tables of one section, each read once, since units may share them. Zeroed is empty. */
struct abbreviation_tables {
	ARRAY(struct abbreviations *) list;
	struct map index_of; /* offset and form_sizes -> index in list */
};

/* The table at OFFSET of SECTION, the same one at each call. Valid until the free. */
const struct abbreviations *abbreviation_tables_at(struct abbreviation_tables *tables,
	const struct line_section *section, uint64_t offset, const struct form_sizes *sizes);
void abbreviation_tables_free(struct abbreviation_tables *tables);

/* Moves CURSOR behind a value; an unknown form fails it. */
void form_skip(struct cursor *cursor, uint16_t form, const struct form_sizes *sizes);

struct form_value {
	uint16_t form;	  /* the true one, where the field says DW_FORM_indirect */
	uint64_t number;  /* a constant, an offset, an index; of other forms nothing */
	const char *text; /* of DW_FORM_string; else NULL */
};
/* The same, and what the value is. */
struct form_value form_read(struct cursor *cursor, const struct abbreviation_field *field,
	const struct form_sizes *sizes);

#endif
