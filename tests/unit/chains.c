/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains as text. See chains.h. */
#include "chains.h"
#include <stdio.h>
#include <string.h>
#include "toolchain.h"

#define LEVELS 16

const char *chain_text(struct symbolizer *symbolizer, uint32_t module, uint64_t pc)
{
	static char text[4096];
	struct symbol levels[LEVELS];
	size_t used = 0, count = symbolizer_lookup(symbolizer, module, pc, levels, LEVELS);

	for (size_t i = 0; i < count; i++) {
		const char *name = levels[i].filename ? strrchr(levels[i].filename, '/') : NULL;

		used += snprintf(text + used, sizeof text - used, "%s%s %s:%u%s", i ? "|" : "",
			levels[i].function ? levels[i].function : "?", name ? name + 1 : "?",
			levels[i].lineno, levels[i].inlined ? " inlined" : "");
	}
	return text;
}

struct answer answer_of(const char *path, const struct symbolizer_options *options)
{
	struct symbolizer *symbolizer = symbolizer_new(options);
	struct symbol_module module = {.path = path};
	struct symbol_source source;
	struct answer answer;
	uint32_t index = symbolizer_module(symbolizer, &module);

	snprintf(answer.chain, sizeof answer.chain, "%s",
		chain_text(symbolizer, index, toolchain_mark(path) + 1));
	source = symbolizer_source(symbolizer, index);
	snprintf(answer.why, sizeof answer.why, "%s", source.why ? source.why : "");
	answer.names = source.names;
	symbolizer_free(symbolizer);
	return answer;
}
