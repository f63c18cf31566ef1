/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of places. Compilers write where a file was when they made it; that may be another machine
 * or another directory, so it is looked for below --debug-dir and beside the program too. A wrong
 * file found on the way does no harm: each is known by an id.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "symbol/companion.h"

#define SYSTEM_DIR "/usr/lib/debug"

struct trial {
	const struct companion_search *search;
	companion_try *try;
	void *data;
};

/* Tries PATH in ROOT, which it frees. */
static bool try(const struct trial *trial, const char *root, char *path)
{
	bool found = trial->try(trial->data, &(struct rooted){root, path});

	free(path);
	return found;
}

/* A path that was written down: as the program would use it, then as we would. */
static bool try_written(const struct trial *trial, const char *path)
{
	const char *root = trial->search->program.root;

	return (root && try(trial, root, xstrdup(path))) || try(trial, NULL, xstrdup(path));
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folder of PATH; to be freed. */
static char *folder_of(const char *path)
{
	char *copy = xstrdup(path), *folder = xstrdup(dirname(copy));

	free(copy);
	return folder;
}

/* Under that name in the folder of FILE, which may be a link to elsewhere. */
static bool try_beside(const struct trial *trial, const struct rooted *file, const char *name)
{
	char *real, *folder, *real_folder;
	bool found;

	if (!file->path)
		return false;
	folder = folder_of(file->path);
	found = try(trial, file->root, xasprintf("%s/%s", folder, name));
	real = found ? NULL : rooted_real(file);
	if (real) {
		real_folder = folder_of(real);
		found = strcmp(folder, real_folder) &&
			try(trial, file->root, xasprintf("%s/%s", real_folder, name));
		free(real_folder);
	}
	free(real);
	free(folder);
	return found;
}

/* FULL is the path that was written down, NAME its end that may be relative. */
static bool try_split(const struct trial *trial, const char *full, const char *name)
{
	const struct companion_search *search = trial->search;
	const char *const *dir = search->dirs;
	const char *last = last_part(name);
	bool relative = name[0] != '/' && name != last;

	if (try_written(trial, full))
		return true;
	for (; dir && *dir; dir++)
		if (try(trial, NULL, xasprintf("%s/%s", *dir, full)) ||
			(relative && try(trial, NULL, xasprintf("%s/%s", *dir, name))) ||
			try(trial, NULL, xasprintf("%s/%s", *dir, last)))
			return true;
	return (relative && try_beside(trial, &search->program, name)) ||
	       try_beside(trial, &search->program, last) || try_beside(trial, &search->at, last);
}

bool companion_split(const struct companion_search *search, const char *comp_dir, const char *name,
	companion_try *try_it, void *data)
{
	struct trial trial = {search, try_it, data};
	char *full =
		name[0] == '/' || !comp_dir ? xstrdup(name) : xasprintf("%s/%s", comp_dir, name);
	bool found = try_split(&trial, full, name);

	free(full);
	return found;
}

/* PATH.dwp, and for x.debug also x.dwp. */
static bool try_package(const struct trial *trial, const char *root, const char *path)
{
	static const char tail[] = ".debug";
	size_t length = strlen(path), cut = sizeof tail - 1;

	if (try(trial, root, xasprintf("%s.dwp", path)))
		return true;
	return length > cut && !strcmp(path + length - cut, tail) &&
	       try(trial, root, xasprintf("%.*s.dwp", (int)(length - cut), path));
}

/* Beside what the program's path leads to. */
static bool try_real_package(const struct trial *trial)
{
	const struct rooted *program = &trial->search->program;
	char *real = rooted_real(program);
	bool found = real && strcmp(real, program->path) &&
		     try_package(trial, program->root, real);

	free(real);
	return found;
}

bool companion_package(const struct companion_search *search, companion_try *try_it, void *data)
{
	struct trial trial = {search, try_it, data};
	const struct rooted *program = &search->program, *at = &search->at;
	const char *const *dir = search->dirs;

	if (program->path && try_package(&trial, program->root, program->path))
		return true;
	if (at->path && at->path != program->path && try_package(&trial, at->root, at->path))
		return true;
	if (!program->path)
		return false;
	if (try_real_package(&trial))
		return true;
	for (; dir && *dir; dir++)
		if (try(&trial, NULL, xasprintf("%s/%s.dwp", *dir, last_part(program->path))) ||
			try(&trial, NULL, xasprintf("%s%s.dwp", *dir, program->path)))
			return true;
	return false;
}

/* In a directory of debug files: by id, then by its name below .dwz/. */
static bool try_debug_dir(
	const struct trial *trial, const struct companion_link *link, const char *root, const char *dir)
{
	const char *below = strstr(link->name, "/.dwz/"), *last = last_part(link->name);
	char *id = elf_id_text(link->id, link->id_size);
	bool found = link->id_size > 1 &&
		     try(trial, root, xasprintf("%s/.build-id/%.2s/%s.debug", dir, id, id + 2));

	free(id);
	if (!found && below)
		found = try(trial, root, xasprintf("%s%s", dir, below));
	return found || try(trial, root, xasprintf("%s/.dwz/%s", dir, last));
}

/* Where it says, or, as dwz writes down what its user typed, just beside the file. */
static bool try_named(const struct trial *trial, const char *name)
{
	const struct companion_search *search = trial->search;
	const char *last = last_part(name);

	if (name[0] != '/') {
		if (try_beside(trial, &search->at, name))
			return true;
	} else if (try_written(trial, name)) {
		return true;
	}
	return last != name && try_beside(trial, &search->at, last);
}

bool companion_alternate(const struct companion_search *search, const struct companion_link *link,
	companion_try *try_it, void *data)
{
	struct trial trial = {search, try_it, data};
	const char *const *dir = search->dirs;
	const char *root = search->program.root;

	if (try_named(&trial, link->name))
		return true;
	for (; dir && *dir; dir++)
		if (try_debug_dir(&trial, link, NULL, *dir))
			return true;
	return (root && try_debug_dir(&trial, link, root, SYSTEM_DIR)) ||
	       try_debug_dir(&trial, link, NULL, SYSTEM_DIR);
}

struct elf *companion_open(
	const struct companion_search *search, const struct rooted *place, struct error *err)
{
	return search->open ? search->open(place->path, err)
			    : elf_open_in(place->root, place->path, err);
}
