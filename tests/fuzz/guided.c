/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a fuzzer under libFuzzer has beside itself: mutations have their checksums and lengths
 * mended as in standalone.c, where the fuzzer knows how. One of eight stays as it is: what a broken
 * checksum leads to is to be seen too.
 */
#include "fuzz.h"

#pragma weak fuzz_fix

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, capacity);
	return fuzz_fix && seed % 8 ? fuzz_fix(data, size, capacity) : size;
}
