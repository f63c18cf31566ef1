/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether bytes are the same, without libc: a static program's would be the program's own.
 */
#ifndef SHIM_EQUAL_H
#define SHIM_EQUAL_H

#include <stdbool.h>
#include <stddef.h>

static inline bool equal(const void *a, const void *b, size_t size)
{
	const unsigned char *left = a, *right = b;

	while (size > 0 && *left == *right)
		left++, right++, size--;
	return size == 0;
}

#endif
