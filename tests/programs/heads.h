/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks with a head before them, for programs that bring operators of their own, and one use of every form. What a form
 * that is the library's comes to is as libstdc++ has it: array forms ask plain ones, nothrow forms throwing ones; aligned
 * ones ask aligned_alloc.
 */
#ifndef HEADS_H
#define HEADS_H

#include <new>
#include "truth.h"

enum { HEAD = 16, SIZE = 128 };

static inline void *head_made(size_t size)
{
	char *block = (char *)MADE(size + HEAD, malloc(size + HEAD));

	*(size_t *)block = size;
	return block + HEAD;
}

static inline void head_gone(void *block)
{
	if (block)
		GONE(*(long long *)((char *)block - HEAD) + HEAD, free((char *)block - HEAD));
}

/* A block by FORM, and back; WITH_HEAD: by operators that count by themselves. */
#define HEADS_FORM(with_head, form, back)        \
	do {                                     \
		void *block = form;              \
		if (!(with_head))                \
			truth_made(SIZE);        \
		memset(block, 1, SIZE);          \
		back;                            \
		if (!(with_head))                \
			truth_gone(SIZE);        \
	} while (0)

/* PLAIN, ARRAY: what plain and array forms come to has heads. One of each stays. */
static inline void heads_use(bool plain, bool array)
{
	const std::align_val_t wide = std::align_val_t(64);
	void *volatile kept;

	for (int i = 0; i < 3; i++) {
		HEADS_FORM(plain, ::operator new(SIZE), ::operator delete(block));
		HEADS_FORM(plain, ::operator new(SIZE), ::operator delete(block, SIZE));
		HEADS_FORM(plain, ::operator new(SIZE, std::nothrow), ::operator delete(block, std::nothrow));
		HEADS_FORM(array, ::operator new[](SIZE), ::operator delete[](block));
		HEADS_FORM(array, ::operator new[](SIZE), ::operator delete[](block, SIZE));
		HEADS_FORM(array, ::operator new[](SIZE, std::nothrow), ::operator delete[](block, std::nothrow));
		HEADS_FORM(false, ::operator new(SIZE, wide), ::operator delete(block, wide));
		HEADS_FORM(false, ::operator new[](SIZE, wide), ::operator delete[](block, SIZE, wide));
		HEADS_FORM(false, ::operator new(SIZE, wide, std::nothrow), ::operator delete(block, wide, std::nothrow));
	}
	kept = ::operator new(SIZE);
	kept = ::operator new[](SIZE);
	(void)kept;
	truth.peak = -1;
	if (!plain)
		truth_made(SIZE);
}

#endif
