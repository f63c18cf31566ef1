/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of another process. Nothing here needs the process to be stopped, or traced, only the right to trace it; what is read
 * from one that runs is of no single moment.
 */
#ifndef REMOTE_PEEK_H
#define REMOTE_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of SIZE bytes at ADDRESS, or false. */
bool peek(pid_t pid, uint64_t address, void *bytes, size_t size);
/* As many bytes from ADDRESS on as can be read, up to SIZE; how many. */
size_t peek_some(pid_t pid, uint64_t address, void *bytes, size_t size);
/* The text at ADDRESS with its NUL; false: it does not end within SIZE bytes. */
bool peek_text(pid_t pid, uint64_t address, char *text, size_t size);
/* Writes where the process may write itself. All or false, but what lies before the first page that cannot be written may be. */
bool poke(pid_t pid, uint64_t address, const void *bytes, size_t size);
/* Writes also where the process may only read or execute, into its own copy of the page. All or false. */
bool poke_code(pid_t pid, uint64_t address, const void *bytes, size_t size);

#endif
