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

/* Moves CURSOR behind a value; an unknown form fails it. */
void form_skip(struct cursor *cursor, uint16_t form, const struct form_sizes *sizes);

#endif
