/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a fuzzer is: a file NOUN_fuzz.c with LLVMFuzzerTestOneInput. With clang it links against
 * -fsanitize=fuzzer; without, against standalone.c, which replays a corpus and then mutates it.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Hands SIZE bytes to the parser; returns 0. Must not keep them, leak, or ask for time or chance.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer may have this too: makes the checksums and lengths of mutated DATA true again, so that
 * mutations reach what lies behind them; returns the new size, at most CAPACITY. */
size_t fuzz_fix(uint8_t *data, size_t size, size_t capacity);

#endif
