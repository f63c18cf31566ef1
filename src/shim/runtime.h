/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that must not meet our library: a sanitizer's runtime that is a library wants to be the
 * first of all, and refuses to run behind another; the dynamic linker of another C library, or of
 * another architecture, cannot load ours, and says so or ends the program.
 */
#ifndef SHIM_RUNTIME_H
#define SHIM_RUNTIME_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for looking at files. */
struct runtime_work {
	Elf64_Ehdr head;
	Elf64_Phdr segments[64];
	Elf64_Dyn entries[32];
	char name[32], line[256], path[4096];
};

/* Is NAME, without folders, such a library's? */
bool runtime_is(const char *name);
/* Is the program at PATH of the directory FD (or AT_FDCWD; PATH "": FD itself) such a one? */
bool runtime_refuses_us(struct runtime_work *work, int fd, const char *path);
/* Where execvp finds FILE, in WORK or FILE itself; FOLDERS: the value of PATH. */
const char *runtime_search(struct runtime_work *work, const char *file, const char *folders);

#endif
