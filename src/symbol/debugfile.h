/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Separate debug files: the GDB manual, "Debugging Information in Separate Files".
 */
#ifndef SYMBOL_DEBUGFILE_H
#define SYMBOL_DEBUGFILE_H

#include "base/error.h"
#include "symbol/elf.h"

struct debugfile_request {
	const char *path;      /* of the program or library, as it was mapped */
	const struct elf *elf; /* it, for its debug link; or NULL */
	const uint8_t *build_id;
	size_t build_id_size;	 /* 0 unknown */
	const char *const *dirs; /* searched before /usr/lib/debug; NULL-terminated, or NULL */
	bool debuginfod;	 /* ask servers too, see debuginfod.h */
	void (*progress)(void *); /* called while one is waited for; may be NULL */
	void *progress_data;
	const char *root;	 /* the folder that is the program's "/"; NULL: ours */
};

/*
 * Finds and opens the debug file: by build-id as DIR/.build-id/xx/yyy.debug, then by the debug link
 * beside PATH, in .debug/ beside it, and as DIR/PATH's folder/LINK and DIR/LINK; then of a server. One
 * with another build-id or another CRC is not taken. *path is its name, to be freed; *root is the request's, or
 * NULL where it is a file of ours. NULL and an error that tells of a file that was refused, or that there is none.
 */
struct elf *debugfile_find(
	const struct debugfile_request *request, char **path, const char **root, struct error *err);

#endif
