/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for a whole snapshot: addresses are asked for by module in one batch, since a module's debug information is
 * opened once and its reader is another process. The table of frames is built anew; locations and stacks stay.
 */
#include <stdlib.h>
#include <string.h>
#include "cmd/naming.h"
#include "cmd/naming_jit.h"

enum { INLINED_MAX = 64 };

static uint32_t ask_module(struct snapshot *snapshot, struct symbolizer *symbolizer, uint32_t index)
{
	const struct module *module = &snapshot->modules.items[index];
	const struct symbol_module asked = {
		.path = strings_get(snapshot->strings, module->path),
		.build_id = (const uint8_t *)strings_get(snapshot->strings, module->build_id),
		.build_id_size = strings_size(snapshot->strings, module->build_id),
	};

	return symbolizer_module(symbolizer, &asked);
}

static void prefetch(struct snapshot *snapshot, struct symbolizer *symbolizer, uint32_t index, uint32_t number)
{
	uint64_t *addresses = xreallocarray(NULL, snapshot->locations.count + 1, sizeof *addresses);
	size_t count = 0;

	for (size_t i = 0; i < snapshot->locations.count; i++)
		if (snapshot->locations.items[i].module == index && snapshot->locations.items[i].has_address)
			addresses[count++] = snapshot->locations.items[i].address;
	if (count)
		symbolizer_prefetch(symbolizer, number, addresses, count);
	free(addresses);
}

static void add_frame(struct snapshot *snapshot, const struct symbol *symbol, string_id path)
{
	struct frame *frame = ARRAY_PUSH(&snapshot->frames);

	if (symbol->function)
		frame->function = strings_add(snapshot->strings, symbol->function);
	if (symbol->inlined)
		frame->flags |= FRAME_INLINED;
	if (symbol->filename && symbol->lineno) {
		frame->filename = strings_add(snapshot->strings, symbol->filename);
		frame->lineno = symbol->lineno;
	} else {
		frame->filename = path;
		frame->flags |= FRAME_NO_LINE;
	}
}

static void name_location(struct snapshot *snapshot, struct symbolizer *symbolizer, struct location *location,
	uint32_t number)
{
	struct symbol symbols[INLINED_MAX];
	size_t count = symbolizer_lookup(symbolizer, number, location->address, symbols, INLINED_MAX);

	location->first_frame = (uint32_t)snapshot->frames.count;
	location->n_frames = (uint32_t)count;
	symbols[count - 1].inlined = false;
	for (size_t i = 0; i < count; i++)
		add_frame(snapshot, &symbols[i], snapshot->modules.items[location->module].path);
}

/* How many frames each stack has, by the locations' present frames. */
static uint32_t *stack_frames(const struct snapshot *snapshot)
{
	uint32_t *frames = xcalloc(snapshot->stacks.count + 1, sizeof *frames);

	for (size_t i = 1; i < snapshot->stacks.count; i++)
		frames[i] = frames[snapshot->stacks.items[i].parent] +
			snapshot->locations.items[snapshot->stacks.items[i].location].n_frames;
	return frames;
}

static void keep_location(struct snapshot *snapshot, const struct frame *old, struct location *location)
{
	uint32_t first = (uint32_t)snapshot->frames.count;

	for (uint32_t i = 0; i < location->n_frames; i++)
		*ARRAY_PUSH(&snapshot->frames) = old[location->first_frame + i];
	location->first_frame = first;
}

static void say_sources(struct snapshot *snapshot, struct symbolizer *symbolizer, const uint32_t *numbers)
{
	for (size_t i = 0; i < snapshot->modules.count; i++) {
		struct module *module = &snapshot->modules.items[i];
		struct symbol_source source;

		if (numbers[i] == INDEX_NONE)
			continue;
		source = symbolizer_source(symbolizer, numbers[i]);
		module->names = source.names;
		module->names_from = strings_add(snapshot->strings, source.from ? source.from : "");
		module->why = strings_add(snapshot->strings, source.why ? source.why : "");
	}
}

void naming_apply(struct snapshot *snapshot, struct symbolizer *symbolizer)
{
	uint32_t *numbers = xreallocarray(NULL, snapshot->modules.count + 1, sizeof *numbers);
	uint32_t *before = stack_frames(snapshot), *after;
	struct frame *old = snapshot->frames.items;

	memset(&snapshot->frames, 0, sizeof snapshot->frames);
	for (size_t i = 0; i < snapshot->modules.count; i++)
		numbers[i] = INDEX_NONE;
	for (size_t i = 0; i < snapshot->locations.count; i++) {
		struct location *location = &snapshot->locations.items[i];

		if (!location->has_address || location->module == INDEX_NONE ||
			naming_jit_is_module(snapshot, location->module)) {
			keep_location(snapshot, old, location);
			continue;
		}
		if (numbers[location->module] == INDEX_NONE) {
			numbers[location->module] = ask_module(snapshot, symbolizer, location->module);
			prefetch(snapshot, symbolizer, location->module, numbers[location->module]);
		}
		name_location(snapshot, symbolizer, location, numbers[location->module]);
	}
	after = stack_frames(snapshot);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		struct trace *trace = &snapshot->traces.items[i];

		trace->total_nframe += after[trace->stack] - before[trace->stack];
	}
	say_sources(snapshot, symbolizer, numbers);
	free(numbers);
	free(before);
	free(after);
	free(old);
}
