/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search is a list of candidates, each tried in turn; the first that is what it should be wins.
 * Build-ids identify a file by themselves; a debug link is only a name, so the CRC of the whole
 * file decides, which costs a read of it (1 ms for 3 MB): it comes second.
 *
 * A program in another mount namespace has its own /usr/lib/debug, under ROOT; ours is asked after
 * it, by build-id only, since the debug files of a container are mostly installed outside of it.
 * A server comes last: it takes time.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/rooted.h"
#include "symbol/debugfile.h"
#include "symbol/debuginfod.h"

#define SYSTEM_DIR "/usr/lib/debug"

struct search {
	const struct debugfile_request *request;
	const char *link;
	uint32_t crc;
	struct elf *found;
	char *path;
	const char *root; /* that PATH is in */
	struct error refused; /* the last candidate that was there and was not it */
};

static bool same_id(const struct debugfile_request *request, const struct elf *elf)
{
	return elf->build_id_size == request->build_id_size &&
	       !memcmp(elf->build_id, request->build_id, elf->build_id_size);
}

/* Tries PATH in ROOT (or NULL), which it frees or keeps. BY_ID: its build-id must be the one; else its CRC. True when
 * it is it. */
static bool try(struct search *search, const char *root, char *path, bool by_id)
{
	struct error err = ERROR_INIT;
	struct elf *elf = elf_open_in(root, path, &err);

	if (!elf) {
		free(path);
		return false;
	}
	if (by_id ? !same_id(search->request, elf) : elf_crc(elf) != search->crc)
		error_set(&search->refused, "%s is of another build: its %s differs", path,
			by_id ? "build-id" : "checksum");
	else if (elf_section(elf, ".debug_info") || elf_section(elf, ".symtab"))
		search->found = elf;
	else
		error_set(&search->refused, "%s has no debug information", path);
	if (search->found) {
		search->path = path;
		search->root = root;
		return true;
	}
	elf_close(elf);
	free(path);
	return false;
}

static bool try_id(struct search *search, const char *root, const char *dir)
{
	const struct debugfile_request *request = search->request;
	char *id, *path;

	if (request->build_id_size < 2)
		return false;
	id = elf_id_text(request->build_id, request->build_id_size);
	path = xasprintf("%s/.build-id/%.2s/%s.debug", dir, id, id + 2);
	free(id);
	return try(search, root, path, true);
}

/* By the link, for a program in FOLDER. */
static bool try_link(struct search *search, const char *folder)
{
	const char *root = search->request->root, *link = search->link;
	const char *const *dir = search->request->dirs;

	if (try(search, root, xasprintf("%s/%s", folder, link), false) ||
		try(search, root, xasprintf("%s/.debug/%s", folder, link), false))
		return true;
	for (; dir && *dir; dir++)
		if (try(search, NULL, xasprintf("%s%s/%s", *dir, folder, link), false) ||
			try(search, NULL, xasprintf("%s/%s", *dir, link), false))
			return true;
	return try(search, root, xasprintf(SYSTEM_DIR "%s/%s", folder, link), false);
}

static bool try_ids(struct search *search)
{
	const char *const *dir = search->request->dirs;

	for (; dir && *dir; dir++)
		if (try_id(search, NULL, *dir))
			return true;
	if (search->request->root && try_id(search, search->request->root, SYSTEM_DIR))
		return true;
	return try_id(search, NULL, SYSTEM_DIR);
}

/* The folder of PATH; of a path without one, the working directory. To be freed. */
static char *folder_of(const char *path)
{
	char *copy = xstrdup(path), *folder = xstrdup(dirname(copy));

	free(copy);
	return folder;
}

/* A library's path may lead through a link (/lib is /usr/lib nowadays), and its debug file be named
 * for either. */
static bool try_links(struct search *search)
{
	const struct debugfile_request *request = search->request;
	char *folder = folder_of(request->path);
	bool found = try_link(search, folder);
	char *real = found ? NULL : rooted_real(&(struct rooted){request->root, request->path});

	if (real) {
		char *real_folder = folder_of(real);

		found = strcmp(folder, real_folder) && try_link(search, real_folder);
		free(real_folder);
	}
	free(real);
	free(folder);
	return found;
}

/* True when there is one. Else ERR says why not. */
static bool try_server(struct search *search, struct error *err)
{
	const struct debugfile_request *request = search->request;
	char *path;

	if (request->build_id_size < 2) {
		error_set(err, "no server can be asked: it has no build-id");
		return false;
	}
	path = debuginfod_fetch(request->build_id, request->build_id_size, request->progress,
		request->progress_data, err);
	return path && try(search, NULL, path, true);
}

struct elf *debugfile_find(
	const struct debugfile_request *request, char **path, const char **root, struct error *err)
{
	struct search search = {.request = request, .refused = ERROR_INIT};
	struct error server = ERROR_INIT;

	if (request->elf)
		search.link = elf_debuglink(request->elf, &search.crc);
	if (try_ids(&search) || (search.link && try_links(&search)) ||
		(request->debuginfod && try_server(&search, &server))) {
		*path = search.path;
		*root = search.root;
		return search.found;
	}
	if (search.refused.text[0])
		error_set(err, "%s", search.refused.text);
	else
		error_set(err, "no debug file is installed for it%s%s", server.text[0] ? "; " : "",
			server.text);
	return NULL;
}
