/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For the tests of symbols: a folder of its own for each test, and small programs compiled there
 * when the test runs. Places whose addresses a test wants carry MARK; their addresses end up in a
 * section of their own and survive strip.
 */
#ifndef TESTS_TOOLCHAIN_H
#define TESTS_TOOLCHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Criterion's fixture: .init = toolchain_begin, .fini = toolchain_end. The folder is the working
 * directory. */
void toolchain_begin(void);
void toolchain_end(void);

/* Runs a command line in the folder; the test fails with it. */
void toolchain_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether there is such a program. */
bool toolchain_has(const char *program);

/*
 * Writes chain.c (or chain.cc) and compiles it: COMPILER FLAGS -o NAME. Its marked place lies in
 * inner() (line 4), inlined into middle() (line 5), inlined into outer() (line 6).
 */
#define CHAIN_INNER 4
#define CHAIN_MIDDLE 5
#define CHAIN_OUTER 6
void toolchain_chain(const char *name, const char *compiler, const char *flags);
void toolchain_chain_cc(const char *name, const char *compiler, const char *flags);

/* The marked address of NAME. */
uint64_t toolchain_mark(const char *name);

/* A whole file in memory, to be freed, and back. */
uint8_t *toolchain_read(const char *name, size_t *size);
void toolchain_write(const char *name, const void *data, size_t size);

#endif
