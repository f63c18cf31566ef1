/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the CLI. Out of memory is ours to die of: these print one line and exit 125. Sizes that
 * come from a file are to be checked before they come here (see bytes.h: a count is bounded by the
 * bytes left).
 *
 * Who must not just end, because a program is his to wait for, says so by memory_last: LAST is called
 * after the line, once, in the thread that found no memory, and may end the process by itself.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
void *xreallocarray(void *old, size_t count, size_t size); /* dies on overflow */
void memory_last(void (*last)(void));
void memory_out(void) __attribute__((noreturn)); /* for who asks the system itself */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A growable array: `struct { T *items; size_t count, capacity; } name;` zeroed is empty.
 * ARRAY_PUSH returns a pointer to the new, zeroed last item, valid until the next push.
 */
#define ARRAY(type)                                                                                \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count, capacity;                                                            \
	}
#define ARRAY_PUSH(array)                                                                          \
	((__typeof__((array)->items))array_push((void **)&(array)->items, &(array)->count,         \
		&(array)->capacity, sizeof *(array)->items))
#define ARRAY_FREE(array) array_free((void **)&(array)->items, &(array)->count, &(array)->capacity)

/* Sorts it by COMPARE, of qsort, and makes one of those that are equal by it: JOIN adds each to the first one. */
#define ARRAY_JOIN(array, compare, join)                                                           \
	array_join((array)->items, &(array)->count, sizeof *(array)->items, compare, join)

void array_join(void *items, size_t *count, size_t item_size, int (*compare)(const void *a, const void *b),
	void (*join)(void *into, const void *item));
void *array_push(void **items, size_t *count, size_t *capacity, size_t item_size);
void array_free(void **items, size_t *count, size_t *capacity);

#endif
