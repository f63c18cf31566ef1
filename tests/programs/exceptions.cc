/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* Exceptions through allocating frames: out of constructors, out of deep calls, out of operator new itself, rethrown, through C. */
#include <new>
#include <stdexcept>
#include "truth.h"

static int caught;

struct block {
	void *memory;
	size_t size;
	explicit block(size_t size) : memory(MADE(size, malloc(size))), size(size) {}
	~block() { GONE(size, free(memory)); }
};

static void deep(int depth)
{
	block here(100 + depth);

	if (depth == 0)
		throw std::runtime_error("from the deep");
	deep(depth - 1);
}

static void again(int depth)
{
	try {
		deep(depth);
	} catch (...) {
		block more(33);
		throw;
	}
}

/* Called by libc's qsort, and then out of it. */
static int compare(const void *a, const void *b)
{
	block here(50);

	if (*(const int *)a == 7 || *(const int *)b == 7)
		throw std::out_of_range("seven");
	return *(const int *)a - *(const int *)b;
}

int main()
{
	volatile size_t huge = ~(size_t)0 / 2;

	for (int i = 0; i < 100; i++) {
		try {
			again(i % 50);
		} catch (const std::exception &) {
			caught++;
		}
		try {
			int numbers[] = { 5, 3, 7, 1 };

			qsort(numbers, 4, sizeof *numbers, compare);
		} catch (const std::out_of_range &) {
			caught++;
		}
		try {
			block here(7);
			::operator delete(MADE(huge, ::operator new(huge)));
		} catch (const std::bad_alloc &) {
			caught++;
		}
		try {
			::operator delete[](MADE(huge, ::operator new[](huge, std::align_val_t(64))), std::align_val_t(64));
		} catch (const std::bad_alloc &) {
			caught++;
		}
		if (!::operator new(huge, std::nothrow))
			caught++;
		(void)MADE(11, malloc(11));
	}
	SAY("%d caught\n", caught);
	truth_write(NULL);
	return caught == 500 ? 0 : 1;
}
