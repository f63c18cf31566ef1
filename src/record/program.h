/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program is, before it is started: found like execvp finds it, and whether the shim can be in it.
 */
#ifndef RECORD_PROGRAM_H
#define RECORD_PROGRAM_H

#include <stdbool.h>
#include "base/error.h"

enum program_kind {
	PROGRAM_TRACEABLE,
	PROGRAM_STATIC,          /* no dynamic linker: nothing can be injected by LD_PRELOAD */
	PROGRAM_SETUID,          /* the dynamic linker ignores LD_PRELOAD */
	PROGRAM_FOREIGN,         /* 32-bit, or of another machine */
	PROGRAM_OTHER_LIBC,      /* a dynamic linker that is not glibc's (musl) */
	PROGRAM_OWN_MALLOC,      /* the executable brings its own malloc */
	PROGRAM_SANITIZED,       /* or a sanitizer's */
	PROGRAM_UNREADABLE,      /* nobody knows: it is tried */
	PROGRAM_BROKEN,          /* an ELF file that cannot be run */
};

/* Finds NAME as execvp does (PATH, or a path with a slash); *path is malloc'ed. Status EXIT_NOT_FOUND or
 * EXIT_NOT_EXECUTABLE on failure. */
int program_find(const char *name, char **path, struct error *err);
/* What the file at PATH is; a script is what its interpreter is. *reason is a part of a sentence ("a static program"). */
enum program_kind program_probe(const char *path, const char **reason);
/* What runs the script at PATH, malloc'ed; NULL: PATH is none, or cannot be read. */
char *program_interpreter(const char *path);
/* Does LIST, a value of LD_PRELOAD or NULL, name a sanitizer's runtime? It would refuse to run behind our library. */
bool program_preloads_runtime(const char *list);

#endif
