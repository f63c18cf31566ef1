/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -O0 */
/*
 * The examples of the documentation of Python's tracemalloc, in C: "three lists", made in three functions. tutorial CHAPTER does
 * one of them; the commands that show it stand in tests/e2e/api.test. All numbers are the same each time.
 */
#include <memtrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
	struct node *next;
	char text[56];
};

static struct node *words, *numbers, *lines;

static void push(struct node **list, struct node *node)
{
	node->next = *list;
	*list = node;
}

static void drop(struct node **list)
{
	while (*list) {
		struct node *next = (*list)->next;

		free(*list);
		*list = next;
	}
}

static void fill_words(void)
{
	for (int i = 0; i < 1000; i++)
		push(&words, malloc(sizeof(struct node)));
}

static void fill_numbers(void)
{
	for (int i = 0; i < 500; i++)
		push(&numbers, malloc(16));
}

static void fill_lines(void)
{
	for (int i = 0; i < 10; i++)
		push(&lines, malloc(4096));
}

/* "Display the top 10": allocate, take a snapshot. */
static int top(void)
{
	fill_words();
	fill_numbers();
	fill_lines();
	return memtrace_take_snapshot("top.snap", NULL);
}

/* "Compute differences": two snapshots, before and after a call. As files, and as moments of the run's own snapshot. */
static int differences(void)
{
	fill_words();
	fill_numbers();
	if (memtrace_take_snapshot("before.snap", "before"))
		return 1;
	fill_lines();
	drop(&numbers);
	return memtrace_take_snapshot("after.snap", "after");
}

/* "Get the traceback of a memory block": of one object, from inside. */
static int traceback(void)
{
	void *frames[25];
	int n;

	fill_lines();
	n = memtrace_get_object_traceback(lines, frames, 25);
	printf("%d frames, limit %d\n", n, memtrace_get_traceback_limit());
	return n < 3;
}

/* "Record the current and peak size of all traced memory blocks": clear what was, a large sum, reset the peak, a small one. */
static int sizes(void)
{
	size_t current, peak;

	memtrace_clear_traces();
	fill_words();
	drop(&words);
	fill_lines();
	memtrace_get_traced_memory(&current, &peak);
	printf("large: current=%zu, peak=%zu\n", current, peak);
	memtrace_reset_peak();
	fill_numbers();
	drop(&numbers);
	memtrace_get_traced_memory(&current, &peak);
	printf("small: current=%zu, peak=%zu\n", current, peak);
	return 0;
}

/* Start where it matters, stop when it is over: what comes before and after is nobody's business. */
static int part(void)
{
	size_t current;

	fill_words();
	printf("tracing: %d\n", memtrace_is_tracing());
	if (memtrace_start(10))
		return 1;
	fill_numbers();
	if (memtrace_take_snapshot("part.snap", NULL))
		return 1;
	memtrace_stop();
	fill_lines();
	memtrace_get_traced_memory(&current, NULL);
	printf("tracing: %d, current=%zu\n", memtrace_is_tracing(), current);
	return memtrace_take_snapshot("too-late.snap", NULL) == 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*tell)(void);
	} chapters[] = {
		{ "top", top }, { "differences", differences }, { "traceback", traceback }, { "sizes", sizes },
		{ "part", part },
	};

	setvbuf(stdout, NULL, _IONBF, 0);
	for (size_t i = 0; i < sizeof chapters / sizeof *chapters; i++)
		if (argc > 1 && strcmp(argv[1], chapters[i].name) == 0)
			return chapters[i].tell();
	return 2;
}
