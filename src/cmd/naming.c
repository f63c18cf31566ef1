/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for a whole snapshot: addresses are asked for by module in one batch, since a module's debug information is
 * opened once and its reader is another process. The table of frames is built anew; locations and stacks stay.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/naming.h"
#include "cmd/naming_jit.h"
#include "cmd/progress.h"

enum { INLINED_MAX = 64 };

struct naming {
	struct snapshot *snapshot;
	struct symbolizer *symbolizer;
	const struct naming_options *options;
	const struct frame *old;     /* the frames as they were */
	uint32_t *numbers;           /* the symbolizer's, by module; INDEX_NONE: not asked yet */
	struct naming_module *told;  /* by module */
};

static bool was_here(const struct snapshot *snapshot)
{
	char host[256] = "";

	return snapshot->run.host && gethostname(host, sizeof host - 1) == 0 &&
		strcmp(host, strings_get(snapshot->strings, snapshot->run.host)) == 0;
}

struct symbol_module naming_module_of(const struct snapshot *snapshot, const struct module *module)
{
	return (struct symbol_module){
		.path = strings_get(snapshot->strings, module->path),
		.build_id = (const uint8_t *)strings_get(snapshot->strings, module->build_id),
		.build_id_size = strings_size(snapshot->strings, module->build_id),
		.start = module->start,
		.mapped_ns = module->loaded_ns ? module->loaded_ns : snapshot->run.started_ns,
		.elsewhere = !was_here(snapshot),
	};
}

static uint32_t ask_module(struct naming *naming, uint32_t index)
{
	struct symbol_module asked = naming_module_of(naming->snapshot, &naming->snapshot->modules.items[index]);

	asked.root = naming->options->root;
	asked.pid = naming->options->pid;
	return symbolizer_module(naming->symbolizer, &asked);
}

/* All of a module's addresses, which are asked for at once. */
struct question {
	uint32_t module;
	uint64_t *addresses;
	size_t count;
};

static struct question question_of(struct naming *naming, uint32_t index)
{
	struct snapshot *snapshot = naming->snapshot;
	struct question question = { .module = index };

	question.addresses = xreallocarray(NULL, snapshot->locations.count + 1, sizeof *question.addresses);
	for (size_t i = 0; i < snapshot->locations.count; i++)
		if (snapshot->locations.items[i].module == index && snapshot->locations.items[i].has_address)
			question.addresses[question.count++] = snapshot->locations.items[i].address;
	question.addresses = xreallocarray(question.addresses, question.count + 1, sizeof *question.addresses);
	naming->numbers[index] = ask_module(naming, index);
	naming->told[index].places = question.count;
	return question;
}

static bool is_named(const struct naming *naming, const struct location *location)
{
	return location->has_address && location->module != INDEX_NONE &&
		!naming_jit_is_module(naming->snapshot, location->module);
}

/* While one answer is waited for, the next ones are being found: as many as there are processors. */
static void ask_each(struct naming *naming, struct question *questions, size_t n)
{
	unsigned int parallel = symbolizer_parallel(naming->symbolizer);
	size_t begun = 0;

	for (size_t i = 0; i < n; i++) {
		struct question *question = &questions[i];

		progress_tell("naming %zu of %zu modules", i + 1, n);
		for (; parallel > 1 && begun < n && begun < i + parallel; begun++)
			symbolizer_begin(naming->symbolizer, naming->numbers[questions[begun].module],
				questions[begun].addresses, questions[begun].count);
		symbolizer_prefetch(naming->symbolizer, naming->numbers[question->module], question->addresses,
			question->count);
		free(question->addresses);
	}
}

static void ask_all(struct naming *naming)
{
	struct snapshot *snapshot = naming->snapshot;
	struct question *questions = xreallocarray(NULL, snapshot->modules.count + 1, sizeof *questions);
	size_t n = 0;

	for (size_t i = 0; i < snapshot->locations.count; i++) {
		const struct location *location = &snapshot->locations.items[i];

		if (is_named(naming, location))
			naming->told[location->module].asked = true;
	}
	for (uint32_t i = 0; i < snapshot->modules.count; i++)
		if (naming->told[i].asked)
			questions[n++] = question_of(naming, i);
	ask_each(naming, questions, n);
	free(questions);
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

static void keep_location(struct naming *naming, struct location *location)
{
	uint32_t first = (uint32_t)naming->snapshot->frames.count;

	for (uint32_t i = 0; i < location->n_frames; i++)
		*ARRAY_PUSH(&naming->snapshot->frames) = naming->old[location->first_frame + i];
	location->first_frame = first;
}

/* What is known of a location, each thing by itself. */
struct knowledge {
	bool line, function;
	size_t levels;
};

static struct knowledge known_before(const struct naming *naming, const struct location *location)
{
	const struct frame *frames = &naming->old[location->first_frame];

	return (struct knowledge){
		.line = frames[0].lineno != 0,
		.function = frames[location->n_frames - 1].function != 0,
		.levels = location->n_frames,
	};
}

static struct knowledge known_now(const struct symbol *symbols, size_t count)
{
	return (struct knowledge){
		.line = symbols[0].filename && symbols[0].lineno,
		.function = symbols[count - 1].function,
		.levels = count,
	};
}

static bool is_better(const struct knowledge *now, const struct knowledge *before)
{
	if (now->line < before->line || now->function < before->function || now->levels < before->levels)
		return false;
	return now->line > before->line || now->function > before->function || now->levels > before->levels;
}

static void name_location(struct naming *naming, struct location *location)
{
	struct snapshot *snapshot = naming->snapshot;
	struct symbol symbols[INLINED_MAX];
	size_t count = symbolizer_lookup(
		naming->symbolizer, naming->numbers[location->module], location->address, symbols, INLINED_MAX);
	struct knowledge before = known_before(naming, location), now = known_now(symbols, count);
	bool better = is_better(&now, &before);

	naming->told[location->module].better += better;
	if (naming->options->keep_better && !better) {
		keep_location(naming, location);
		return;
	}
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

static void say_sources(struct naming *naming)
{
	struct snapshot *snapshot = naming->snapshot;

	for (size_t i = 0; i < snapshot->modules.count; i++) {
		struct module *module = &snapshot->modules.items[i];
		struct naming_module *told = &naming->told[i];
		struct symbol_source source;

		if (!told->asked)
			continue;
		told->source = source = symbolizer_source(naming->symbolizer, naming->numbers[i]);
		if (naming->options->keep_better && source.names <= module->names &&
			(source.names < module->names || !told->better))
			continue;
		module->names = source.names;
		module->names_from = strings_add(snapshot->strings, source.from ? source.from : "");
		module->why = strings_add(snapshot->strings, source.why ? source.why : "");
	}
}

static void name_all(struct naming *naming)
{
	struct snapshot *snapshot = naming->snapshot;

	ask_all(naming);
	for (size_t i = 0; i < snapshot->locations.count; i++) {
		struct location *location = &snapshot->locations.items[i];

		if (is_named(naming, location))
			name_location(naming, location);
		else
			keep_location(naming, location);
	}
	say_sources(naming);
}

void naming_apply(struct snapshot *snapshot, struct symbolizer *symbolizer, const struct naming_options *options,
	struct naming_module *told)
{
	struct naming naming = {
		.snapshot = snapshot, .symbolizer = symbolizer, .options = options, .old = snapshot->frames.items,
		.numbers = xcalloc(snapshot->modules.count + 1, sizeof *naming.numbers),
		.told = told ? told : xcalloc(snapshot->modules.count + 1, sizeof *told),
	};
	uint32_t *before = stack_frames(snapshot), *after;

	if (told)
		memset(told, 0, snapshot->modules.count * sizeof *told);
	memset(&snapshot->frames, 0, sizeof snapshot->frames);
	name_all(&naming);
	after = stack_frames(snapshot);
	for (size_t i = 0; i < snapshot->traces.count; i++) {
		struct trace *trace = &snapshot->traces.items[i];

		trace->total_nframe += after[trace->stack] - before[trace->stack];
	}
	free(naming.numbers);
	if (!told)
		free(naming.told);
	free(before);
	free(after);
	free((void *)naming.old);
}
