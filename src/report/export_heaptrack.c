/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file as heaptrack's interpreter writes it, for heaptrack_print and heaptrack_gui: lines of a
 * letter and hexadecimal numbers.
 *
 *      v, X, I         version, command, page size
 *      s TEXT          a string; strings, as all below but infos, are numbered from 1
 *      i IP MODULE [FUNCTION FILE LINE]…       an address, innermost level first
 *      t IP PARENT     a stack
 *      a SIZE STACK    an info: a kind of block; numbered from 0
 *      c MS, R PAGES   the time, and the resident memory then
 *      + INFO, - INFO  an allocation, a free
 *
 * Each allocation is a line, which is the only way to say how many there were. A snapshot holds
 * sums and not events, so a history is made up that has these sums (heaptrack_plan.h): blocks of
 * one lot have the same size but for a byte. What lives at neither the peak nor the end comes and
 * goes by itself, where it fits below the peak; then the peak is made, then the end. So
 * allocations, the peak of each stack and what is left of it come out as they were.
 *
 * heaptrack calls a free temporary when it follows the allocation of the same info at once; our
 * frees name another info of the same size and stack, so that none is but those that were. Its
 * frees name info 0 for nothing, which therefore is nobody's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "report/digits.h"
#include "report/exporter.h"
#include "report/functions.h"
#include "report/heaptrack_lines.h"
#include "report/heaptrack_plan.h"

#define LINES_PLAIN_MAX (1ull << 24) /* about 150 MiB */
#define LINES_MAX (1ull << 30)	     /* heaptrack_print reads ten million a second, twice */
#define CHUNK 65536

struct history {
	struct counts total, peak, end, temporary;
};

/* COUNT blocks of one info. */
struct batch {
	uint64_t count, size;
	uint64_t info, info_freed; /* what allocations and frees name */
};

struct heaptrack {
	const struct snapshot *snapshot;
	struct heaptrack_lines lines;
	struct functions functions;
	struct buffer infos;
	struct history *histories; /* by stack; that of the empty one stands behind all others */
	size_t n_histories;
	ARRAY(struct batch) batches[FATES];
	uint64_t n_infos, n_lines;
	size_t contradicted; /* stacks whose sums no history has */
	uint64_t peak_size, kept_size;
	size_t lacking; /* of what is freed: a batch with a temporary block; SIZE_MAX none */
};

static void line_text(struct heaptrack *heaptrack, char letter, string_id id)
{
	const struct strings *strings = heaptrack->functions.strings;

	lines_begin(&heaptrack->lines, letter);
	buffer_u8(&heaptrack->lines.text, ' ');
	buffer_bytes(&heaptrack->lines.text, strings_get(strings, id), strings_size(strings, id));
	lines_end(&heaptrack->lines);
}

static string_id command(struct heaptrack *heaptrack)
{
	const struct run *run = &heaptrack->snapshot->run;
	struct buffer text = {0};
	string_id id;

	for (size_t i = 0; i < run->command.count; i++) {
		string_id word = functions_string(&heaptrack->functions, run->command.items[i]);

		if (i)
			buffer_u8(&text, ' ');
		buffer_bytes(&text, strings_get(heaptrack->functions.strings, word),
			strings_size(heaptrack->functions.strings, word));
	}
	id = strings_add_bytes(heaptrack->functions.strings, (const char *)text.data, text.size);
	buffer_free(&text);
	return id;
}

static void frame(struct heaptrack *heaptrack, const struct view_frame *at)
{
	const struct function *function =
		&heaptrack->functions.items.items[functions_find(&heaptrack->functions, at)];

	lines_number(&heaptrack->lines, function->name);
	lines_number(&heaptrack->lines, function->file);
	lines_number(&heaptrack->lines, at->frame ? at->frame->lineno : 0);
}

static void address(struct heaptrack *heaptrack, const struct location *location)
{
	const struct snapshot *snapshot = heaptrack->snapshot;
	const struct frame *frames = &snapshot->frames.items[location->first_frame];
	const struct function *first =
		&heaptrack->functions.items
			 .items[heaptrack->functions.by_frame[location->first_frame]];
	bool is_bare = !first->named && !first->file && location->has_address;

	lines_begin(&heaptrack->lines, 'i');
	lines_number(&heaptrack->lines, location->address);
	lines_number(&heaptrack->lines, first->module);
	/* heaptrack then shows the address itself. */
	for (uint32_t i = 0; !is_bare && i < location->n_frames; i++)
		frame(heaptrack, &(struct view_frame){&frames[i], location});
	lines_end(&heaptrack->lines);
}

static void tables(struct heaptrack *heaptrack)
{
	const struct snapshot *snapshot = heaptrack->snapshot;
	const struct strings *strings = heaptrack->functions.strings;
	string_id program = command(heaptrack);

	lines_pair(&heaptrack->lines, 'v', 0x10000, 1);
	line_text(heaptrack, 'X', program);
	lines_pair(&heaptrack->lines, 'I', (uint64_t)sysconf(_SC_PAGESIZE), 0);
	for (uint32_t i = 1; i < strings_count(strings); i++)
		line_text(heaptrack, 's', i);
	for (size_t i = 0; i < snapshot->locations.count; i++)
		address(heaptrack, &snapshot->locations.items[i]);
	lines_begin(&heaptrack->lines, 'i');
	lines_number(&heaptrack->lines, 0);
	lines_number(&heaptrack->lines, 0);
	frame(heaptrack, &(struct view_frame){NULL, NULL});
	lines_end(&heaptrack->lines);
	for (size_t i = 1; i < snapshot->stacks.count; i++)
		lines_pair(&heaptrack->lines, 't', (uint64_t)snapshot->stacks.items[i].location + 1,
			snapshot->stacks.items[i].parent);
	lines_pair(&heaptrack->lines, 't', snapshot->locations.count + 1, 0);
	lines_flush(&heaptrack->lines);
	out_bytes(heaptrack->lines.out, (const char *)heaptrack->infos.data, heaptrack->infos.size);
}

static void add_counts(struct counts *to, uint64_t size, uint64_t count)
{
	to->size += size;
	to->count += count;
}

static void collect(struct heaptrack *heaptrack, size_t peak, size_t end)
{
	const struct snapshot *snapshot = heaptrack->snapshot;

	for (size_t i = 0; i < snapshot->traces.count; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		const struct counts *at_peak = snapshot_counts(snapshot, peak, i);
		const struct counts *at_end = snapshot_counts(snapshot, end, i);
		size_t stack = trace->stack ? trace->stack : heaptrack->n_histories - 1;
		struct history *history = &heaptrack->histories[stack];

		add_counts(&history->total, trace->total_size, trace->total_count);
		add_counts(&history->peak, at_peak->size, at_peak->count);
		add_counts(&history->end, at_end->size, at_end->count);
		if (snapshot->keeps_lives) {
			const struct counts *temporary = &snapshot->lives.items[i].temporary;

			add_counts(&history->temporary, temporary->size, temporary->count);
		}
	}
}

static void info(struct heaptrack *heaptrack, uint64_t size, size_t stack)
{
	buffer_bytes(&heaptrack->infos, "a ", 2);
	digits_hex(&heaptrack->infos, size);
	buffer_u8(&heaptrack->infos, ' ');
	digits_hex(&heaptrack->infos, stack);
	buffer_u8(&heaptrack->infos, '\n');
	heaptrack->n_infos++;
}

/* What is freed has two infos, see above. */
static void add_batch(
	struct heaptrack *heaptrack, enum fate fate, struct counts blocks, size_t stack)
{
	bool frees = fate == FATE_BRIEF || fate == FATE_FREED;
	uint64_t lines = frees || fate == FATE_TEMPORARY ? 2 : 1;
	struct batch batch = {.count = blocks.count,
		.size = blocks.size,
		.info = heaptrack->n_infos,
		.info_freed = heaptrack->n_infos + frees};

	if (!blocks.count)
		return;
	info(heaptrack, blocks.size, stack);
	if (frees)
		info(heaptrack, blocks.size, stack);
	*ARRAY_PUSH(&heaptrack->batches[fate]) = batch;
	/* A sum of counts may be beyond what fits: it is compared with far less. */
	if (__builtin_add_overflow(heaptrack->n_lines, blocks.count * lines, &heaptrack->n_lines))
		heaptrack->n_lines = UINT64_MAX;
}

/* Sizes that are the same but for a byte, and add up. */
static void add_lot(struct heaptrack *heaptrack, enum fate fate, struct counts lot, size_t stack)
{
	uint64_t size, larger;

	if (!lot.count)
		return;
	size = lot.size / lot.count;
	larger = lot.size % lot.count;
	add_batch(heaptrack, fate, (struct counts){size, lot.count - larger}, stack);
	add_batch(heaptrack, fate, (struct counts){size + 1, larger}, stack);
}

/* Stacks in their order, which heaptrack finds fastest. */
static void plan(struct heaptrack *heaptrack)
{
	struct heaptrack_plan plan;

	for (size_t i = 1; i < heaptrack->n_histories; i++) {
		const struct history *history = &heaptrack->histories[i];

		if (!history->total.count && !history->peak.count && !history->end.count &&
			!history->total.size)
			continue;
		if (!heaptrack_plan(&plan, history->total, history->peak, history->end))
			heaptrack->contradicted++;
		heaptrack_plan_temporary(&plan, history->temporary);
		if (plan.lacks && plan.lots[FATE_FREED].count)
			heaptrack->lacking = heaptrack->batches[FATE_FREED].count;
		if (!heaptrack->n_infos)
			info(heaptrack, 0, i);
		for (int fate = 0; fate < FATES; fate++)
			add_lot(heaptrack, fate, plan.lots[fate], i);
		heaptrack->peak_size += history->peak.size;
		heaptrack->kept_size += plan.lots[FATE_KEPT].size;
	}
}

static void append_event(struct buffer *text, char letter, uint64_t info)
{
	buffer_u8(text, (uint8_t)letter);
	buffer_u8(text, ' ');
	digits_hex(text, info);
	buffer_u8(text, '\n');
}

static void events(struct heaptrack *heaptrack, const struct batch *batch, const char *letters)
{
	struct buffer text = {0};

	for (; *letters; letters++)
		append_event(&text, *letters, *letters == '+' ? batch->info : batch->info_freed);
	lines_repeat(&heaptrack->lines, &text, batch->count);
	buffer_free(&text);
}

static void all_events(struct heaptrack *heaptrack, enum fate fate, const char *letters)
{
	for (size_t i = 0; i < heaptrack->batches[fate].count; i++)
		events(heaptrack, &heaptrack->batches[fate].items[i], letters);
}

/* Brief blocks come and go where they do not make another peak: after it, if they fit beside what
 * is kept, else before, when nothing is live. */
static void brief(struct heaptrack *heaptrack, enum fate fate, bool after)
{
	for (size_t i = 0; i < heaptrack->batches[fate].count; i++) {
		const struct batch *batch = &heaptrack->batches[fate].items[i];
		bool fits = batch->size <= heaptrack->peak_size - heaptrack->kept_size;

		if (fits == after)
			events(heaptrack, batch, "+-");
	}
}

/* The peak is often made by a block that goes again at once: it then comes last. */
static void lacking_last(struct heaptrack *heaptrack)
{
	struct batch *freed = heaptrack->batches[FATE_FREED].items, batch;
	size_t n = heaptrack->batches[FATE_FREED].count;

	if (heaptrack->lacking >= n)
		return;
	batch = freed[heaptrack->lacking];
	freed[heaptrack->lacking] = freed[n - 1];
	freed[n - 1] = batch;
}

static void free_all(struct heaptrack *heaptrack)
{
	size_t n = heaptrack->batches[FATE_FREED].count;

	for (size_t i = n; i-- > 0;) {
		struct batch batch = heaptrack->batches[FATE_FREED].items[i], one = batch;

		if (i == n - 1 && heaptrack->lacking < n) {
			one.count = 1;
			one.info_freed = one.info;
			events(heaptrack, &one, "-");
			batch.count--;
		}
		if (batch.count)
			events(heaptrack, &batch, "-");
	}
	all_events(heaptrack, FATE_TRIMMED, "-");
}

static void at(struct heaptrack *heaptrack, size_t moment, uint64_t *last)
{
	const struct moment *at = &heaptrack->snapshot->moments.items[moment];
	uint64_t began = heaptrack->snapshot->run.started_ns;
	uint64_t ms = began && at->time_ns > began ? (at->time_ns - began) / 1000000 : 0;

	*last = ms > *last ? ms : *last;
	lines_begin(&heaptrack->lines, 'c');
	lines_number(&heaptrack->lines, *last);
	lines_end(&heaptrack->lines);
	if (!at->rss)
		return;
	lines_begin(&heaptrack->lines, 'R');
	lines_number(&heaptrack->lines, at->rss / (uint64_t)sysconf(_SC_PAGESIZE));
	lines_end(&heaptrack->lines);
}

static void history(struct heaptrack *heaptrack, size_t peak, size_t end)
{
	uint64_t ms = 0;

	if (heaptrack->contradicted) {
		char *comment = xasprintf(
			"# of %zu stacks the numbers contradict each other: allocations are more\n",
			heaptrack->contradicted);

		buffer_bytes(&heaptrack->lines.text, comment, strlen(comment));
		free(comment);
	}
	brief(heaptrack, FATE_BRIEF, false);
	brief(heaptrack, FATE_TEMPORARY, false);
	lacking_last(heaptrack);
	at(heaptrack, peak, &ms);
	all_events(heaptrack, FATE_KEPT, "+");
	all_events(heaptrack, FATE_FREED, "+");
	at(heaptrack, end, &ms);
	free_all(heaptrack);
	brief(heaptrack, FATE_BRIEF, true);
	brief(heaptrack, FATE_TEMPORARY, true);
	all_events(heaptrack, FATE_LATE, "+");
	lines_flush(&heaptrack->lines);
}

static int check(const struct heaptrack *heaptrack, bool squeezed, struct error *err)
{
	const char *what = "export: heaptrack's form needs a line for each allocation and free";

	if (heaptrack->n_lines > LINES_MAX) {
		error_set(err, "%s, and here would be %" PRIu64 ": more than %llu", what,
			heaptrack->n_lines, LINES_MAX);
		return error_hint(
			err, "forms that hold sums: --to pprof, speedscope, massif, callgrind");
	}
	if (heaptrack->n_lines > LINES_PLAIN_MAX && !squeezed) {
		error_set(err, "%s, and %" PRIu64 " are too many for a file that is not compressed",
			what, heaptrack->n_lines);
		return error_hint(err, "memtrace export --to heaptrack -o FILE.zst");
	}
	return 0;
}

/* The moment with the most bytes; "peak", if it is one of several. */
static size_t peak_of(const struct snapshot *snapshot)
{
	struct error none = ERROR_INIT;
	int named = snapshot_moment(snapshot, "peak", &none);
	size_t peak = named < 0 ? 0 : (size_t)named;

	for (size_t i = 0; i < snapshot->moments.count; i++) {
		if (snapshot->moments.items[i].live.size > snapshot->moments.items[peak].live.size)
			peak = i;
	}
	return peak;
}

static int write_heaptrack(const struct snapshot *snapshot, const struct export_query *query,
	struct out *out, struct error *err)
{
	struct heaptrack heaptrack = {
		.snapshot = snapshot, .lines = {.out = out}, .lacking = SIZE_MAX};
	size_t peak = peak_of(snapshot);
	int rc;

	functions_init(&heaptrack.functions, snapshot);
	heaptrack.n_histories = snapshot->stacks.count + 1;
	heaptrack.histories = xcalloc(heaptrack.n_histories, sizeof(*heaptrack.histories));
	collect(&heaptrack, peak, query->moment);
	plan(&heaptrack);
	rc = check(&heaptrack, query->squeezed, err);
	if (rc == 0) {
		tables(&heaptrack);
		history(&heaptrack, peak, query->moment);
	}
	functions_release(&heaptrack.functions);
	buffer_free(&heaptrack.lines.text);
	buffer_free(&heaptrack.infos);
	free(heaptrack.histories);
	for (int i = 0; i < FATES; i++)
		ARRAY_FREE(&heaptrack.batches[i]);
	return rc;
}

const struct exporter export_heaptrack = {
	.name = "heaptrack",
	.summary = "a made-up history with the same sums, for heaptrack_print",
	.takes_short = true,
	.takes_moment = true,
	.squeezes_by_name = true,
	.write = write_heaptrack,
};
