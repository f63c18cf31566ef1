/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The symbolizer by itself: reads addresses of one file in hexadecimal from stdin, prints their
 * chains as llvm-symbolizer
 * --inlines does (columns are always 0), so that tests/bench/symbols can hold one against the
 * other. What it took goes to stderr as "seconds N megabytes N", the memory of the process that
 * reads the file added to its own.
 *
 * symbols [--raw] [--in-process] [--debug-dir DIR] FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "base/memory.h"
#include "symbol/symbolizer.h"

#define LEVELS_MAX 256

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Not ru_maxrss for its own: that keeps what the caller of exec had. */
static double megabytes(void)
{
	struct rusage children;
	unsigned long own = 0;
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];

	getrusage(RUSAGE_CHILDREN, &children);
	while (status && fgets(line, sizeof line, status))
		if (sscanf(line, "VmHWM: %lu", &own) == 1)
			break;
	if (status)
		fclose(status);
	return (own + children.ru_maxrss) / 1024.0;
}

static void print_chain(const struct symbol *levels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s\n%s:%u:0\n", levels[i].function ? levels[i].function : "??",
			levels[i].filename ? levels[i].filename : "??", levels[i].lineno);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *debug_dirs[2] = {NULL, NULL};
	struct symbolizer_options options = {0};
	ARRAY(uint64_t) pcs = {0};
	struct symbol levels[LEVELS_MAX];
	struct symbol_module module = {0};
	struct symbolizer *symbolizer;
	struct symbol_source source;
	double start;
	char line[64];
	uint32_t index;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--raw"))
			options.raw_names = true;
		else if (!strcmp(argv[i], "--in-process"))
			options.in_process = true;
		else if (!strcmp(argv[i], "--debug-dir") && i + 1 < argc)
			debug_dirs[0] = argv[++i];
		else
			module.path = argv[i];
	}
	if (!module.path) {
		fprintf(stderr, "usage: symbols [--raw] [--in-process] [--debug-dir DIR] FILE "
				"<addresses\n");
		return 2;
	}
	options.debug_dirs = debug_dirs;
	while (fgets(
		line, sizeof line, stdin)) /* the address after it, as a return address would be */
		*ARRAY_PUSH(&pcs) = strtoull(line, NULL, 16) + 1;
	start = seconds();
	symbolizer = symbolizer_new(&options);
	index = symbolizer_module(symbolizer, &module);
	symbolizer_prefetch(symbolizer, index, pcs.items, pcs.count);
	for (size_t i = 0; i < pcs.count; i++)
		print_chain(levels,
			symbolizer_lookup(symbolizer, index, pcs.items[i], levels, LEVELS_MAX));
	source = symbolizer_source(symbolizer, index);
	fprintf(stderr, "names %d from %s why %s\n", source.names,
		source.from ? source.from : "itself", source.why ? source.why : "-");
	symbolizer_free(symbolizer);
	ARRAY_FREE(&pcs);
	fflush(stdout);
	fprintf(stderr, "seconds %.3f megabytes %.1f\n", seconds() - start, megabytes());
	return 0;
}
