/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the CLI: allocation that succeeds or ends the process, and the growable array.
 *
 * An array doubles, so a push costs amortised constant time and an array at most twice its items. A
 * size of 0 gives a block of its own all the same, so that NULL never means "none" and "failed" at
 * once.
 */
#include "base/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"

#define FIRST_CAPACITY 8

static void (*last_act)(void);
static bool acting;
static _Thread_local bool acting_here;

void memory_last(void (*last)(void))
{
	last_act = last;
}

void memory_out(void)
{
	static const char line[] = "memtrace: out of memory\n";

	/* Another thread waits for the end already, and is not to be cut short. */
	if (last_act && __atomic_exchange_n(&acting, true, __ATOMIC_SEQ_CST) && !acting_here)
		for (;;)
			pause();
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0 && !last_act)
		_exit(EXIT_MEMTRACE_FAILED);
	if (last_act && !acting_here) {
		acting_here = true;
		last_act();
	}
	exit(EXIT_MEMTRACE_FAILED);
}

void *xmalloc(size_t size)
{
	void *block = malloc(size ? size : 1);

	if (!block)
		memory_out();
	return block;
}

void *xcalloc(size_t count, size_t size)
{
	void *block = count && size ? calloc(count, size) : calloc(1, 1);

	if (!block)
		memory_out();
	return block;
}

void *xrealloc(void *old, size_t size)
{
	void *block = realloc(old, size ? size : 1);

	if (!block)
		memory_out();
	return block;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		memory_out();
	return xrealloc(old, bytes);
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t length)
{
	size_t size = strnlen(text, length);
	char *copy = xmalloc(size + 1);

	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *xasprintf(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		memory_out();
	va_end(args);
	return text;
}

void *array_push(void **items, size_t *count, size_t *capacity, size_t item_size)
{
	if (*count == *capacity) {
		if (*capacity > SIZE_MAX / 2)
			memory_out();
		*capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
		*items = xreallocarray(*items, *capacity, item_size);
	}
	return memset((char *)*items + (*count)++ * item_size, 0, item_size);
}

void array_free(void **items, size_t *count, size_t *capacity)
{
	free(*items);
	*items = NULL;
	*count = 0;
	*capacity = 0;
}

void array_join(void *items, size_t *count, size_t item_size, int (*compare)(const void *a, const void *b),
	void (*join)(void *into, const void *item))
{
	char *all = items;
	size_t last = 0;

	if (!*count)
		return;
	qsort(items, *count, item_size, compare);
	for (size_t i = 1; i < *count; i++) {
		char *item = all + i * item_size;

		if (compare(all + last * item_size, item) == 0)
			join(all + last * item_size, item);
		else if (++last != i)
			memcpy(all + last * item_size, item, item_size);
	}
	*count = last + 1;
}
