/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding the other half of a split unit, when the first address in it is asked for: in the package
 * beside the program, else in its own .dwo file, which may hold other units too (link-time
 * optimisation) and is opened once. The id in both halves decides. What is not found costs the
 * functions and inlining of that unit; its lines are in the main file.
 *
 *      in the main file     addresses by number, line table, ranges up to DWARF 4, the unit's range
 *      in the other         entries, abbreviations, strings, ranges of DWARF 5
 */
#include <stdlib.h>
#include <string.h>
#include "symbol/dwarf_split.h"

/* More than so many bytes of .dwo files are not mapped at a time: what is left of the limit of the
 * helper process is for all else. */
#define MAPPED_MAX (2ull << 30)

struct split_file {
	struct elf *elf;
	struct line_section rnglists;
	struct dwarf_part part;
};

struct trial {
	struct dwarf_splits *splits;
	const struct split_link *link;
	struct split_file *found;
	struct error refused; /* the first place, or else one that is there and is not it */
};

/* ---- packages ---- */

static bool try_package(void *data, const struct rooted *place)
{
	struct trial *trial = data;
	struct dwarf_splits *splits = trial->splits;
	struct error err = ERROR_INIT;
	struct elf *elf = companion_open(splits->search, place, &err);

	if (!elf)
		return false;
	elf->progress = splits->of->progress;
	elf->progress_data = splits->of->progress_data;
	splits->package = dwarf_package_open(elf, &err);
	if (splits->package) {
		splits->package_elf = elf;
		return true;
	}
	error_set(&trial->refused, "%s: %s", place->path, err.text);
	elf_close(elf);
	return false;
}

/* ---- .dwo files ---- */

/* From DWARF 5 on type units are in sections of the same name, each in its own. */
static void read_units(struct split_file *file, struct entry_sections *sections)
{
	struct elf *elf = file->elf;

	for (size_t i = 0; i < elf->n_sections && !file->part.units.count; i++) {
		struct error err = ERROR_INIT;

		if (strcmp(elf->sections[i].name, ".debug_info.dwo"))
			continue;
		sections->info.data = elf_section_data(elf, &elf->sections[i], &err);
		sections->info.size = sections->info.data ? elf->sections[i].size : 0;
		dwarf_part_free(&file->part);
		dwarf_part_read(&file->part, sections);
	}
}

static struct split_file *open_file(struct trial *trial, const struct rooted *place)
{
	struct dwarf_splits *splits = trial->splits;
	struct error err = ERROR_INIT;
	struct elf *elf = companion_open(splits->search, place, &err);
	struct split_sections sections;
	struct split_file *file;

	if (elf && elf->size > MAPPED_MAX - splits->mapped) {
		error_set(&err, "too much is open already");
		elf_close(elf);
		elf = NULL;
	}
	if (!elf) {
		if (!trial->refused.text[0])
			error_set(&trial->refused, "%s: %s", place->path, err.text);
		return NULL;
	}
	splits->mapped += elf->size;
	elf->progress = splits->of->progress;
	elf->progress_data = splits->of->progress_data;
	file = xcalloc(1, sizeof *file);
	sections = split_sections_of(elf);
	file->elf = elf;
	file->rnglists = sections.rnglists;
	read_units(file, &sections.entries);
	return file;
}

/* The number of a place, from 1; 0: none is left. */
static string_id place_id(struct dwarf_splits *splits, const struct rooted *place)
{
	char *text = xasprintf("%s:%s", place->root ? place->root : "", place->path);
	string_id id;

	if (!splits->paths)
		splits->paths = strings_new();
	id = strings_add(splits->paths, text);
	free(text);
	return id;
}

static bool try_file(void *data, const struct rooted *place)
{
	struct trial *trial = data;
	struct dwarf_splits *splits = trial->splits;
	struct split_file *file;
	string_id id = place_id(splits, place);

	if (!id)
		return false;
	if (id > splits->files.count)
		*ARRAY_PUSH(&splits->files) = open_file(trial, place);
	file = splits->files.items[id - 1];
	if (file && dwarf_part_find(&file->part, trial->link->id)) {
		trial->found = file;
		return true;
	}
	if (file)
		error_set(&trial->refused, "%s is %s", place->path,
			file->part.units.count ? "of another build: its id differs"
					       : "corrupt, or holds no split unit");
	else if (!trial->refused.text[0])
		error_set(&trial->refused, "%s cannot be opened", place->path);
	return false;
}

/* ---- units ---- */

static struct split_unit *make_unit(const struct range_context *skeleton,
	const struct split_link *link, const struct line_section *rnglists)
{
	struct split_unit *unit = xcalloc(1, sizeof *unit);

	unit->range_sections = *skeleton->sections;
	unit->range_sections.rnglists = *rnglists;
	unit->ranges = *skeleton;
	unit->ranges.sections = &unit->range_sections;
	unit->ranges.lists_base = link->ranges_base;
	return unit;
}

static void set_unit(struct split_unit *unit, struct dwarf_part *part, const struct part_unit *it)
{
	unit->part = part;
	unit->unit = it;
	unit->ranges.version = it->sizes.version;
	unit->ranges.wide = it->sizes.wide;
	/* The unit's lists begin behind the header of their section. */
	if (it->sizes.version >= 5)
		unit->ranges.lists_base = it->sizes.wide ? 20 : 12;
}

static struct split_unit *find_in_package(struct dwarf_splits *splits,
	const struct split_link *link, const struct range_context *ranges)
{
	struct split_sections sections;
	const struct part_unit *found;
	struct split_unit *unit;

	if (!splits->package || !dwarf_package_find(splits->package, link->id, &sections))
		return NULL;
	unit = make_unit(ranges, link, &sections.rnglists);
	dwarf_part_read(&unit->own, &sections.entries);
	found = dwarf_part_find(&unit->own, link->id);
	if (found) {
		set_unit(unit, &unit->own, found);
		return unit;
	}
	split_unit_free(unit);
	return NULL;
}

struct split_unit *dwarf_splits_find(struct dwarf_splits *splits, const struct split_link *link,
	const struct range_context *ranges)
{
	struct trial trial = {splits, link, NULL, ERROR_INIT};
	struct split_unit *unit;

	splits->n_wanted++;
	if (!splits->package_tried) {
		splits->package_tried = true;
		companion_package(splits->search, try_package, &trial);
	}
	unit = find_in_package(splits, link, ranges);
	if (unit)
		return unit;
	if (companion_split(splits->search, link->comp_dir, link->name, try_file, &trial)) {
		unit = make_unit(ranges, link, &trial.found->rnglists);
		set_unit(unit, &trial.found->part, dwarf_part_find(&trial.found->part, link->id));
		return unit;
	}
	if (!splits->n_missing++)
		splits->why = trial.refused;
	return NULL;
}

void split_unit_free(struct split_unit *unit)
{
	if (!unit)
		return;
	dwarf_part_free(&unit->own);
	free(unit);
}

void dwarf_splits_free(struct dwarf_splits *splits)
{
	for (size_t i = 0; i < splits->files.count; i++) {
		struct split_file *file = splits->files.items[i];

		if (!file)
			continue;
		dwarf_part_free(&file->part);
		elf_close(file->elf);
		free(file);
	}
	ARRAY_FREE(&splits->files);
	if (splits->paths)
		strings_free(splits->paths);
	dwarf_package_close(splits->package);
	elf_close(splits->package_elf);
}
