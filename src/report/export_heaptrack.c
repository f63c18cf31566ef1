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
#include "report/heaptrack_plan.h"

#define LINES_PLAIN_MAX (1ull << 24) /* about 150 MiB */
#define LINES_MAX (1ull << 30)	     /* heaptrack_print reads ten million a second, twice */
#define CHUNK 65536

struct history {
	struct counts total, peak, end;
};

/* COUNT blocks of one info. */
struct batch {
	uint64_t count, size;
	uint64_t info, info_freed; /* what allocations and frees name */
};

struct heaptrack {
	const struct snapshot *snapshot;
	struct out *out;
	struct functions functions;
	struct buffer text, infos;
	struct history *histories; /* by stack; that of the empty one stands behind all others */
	size_t n_histories;
	ARRAY(struct batch) batches[FATES];
	uint64_t n_infos, n_lines;
	size_t contradicted; /* stacks whose sums no history has */
	uint64_t peak_size, kept_size;
};

static void flush(struct heaptrack *heaptrack)
{
	out_bytes(heaptrack->out, (const char *)heaptrack->text.data, heaptrack->text.size);
	heaptrack->text.size = 0;
}

static void line_begin(struct heaptrack *heaptrack, char letter)
{
	if (heaptrack->text.size >= CHUNK)
		flush(heaptrack);
	buffer_u8(&heaptrack->text, (uint8_t)letter);
}

static void number(struct heaptrack *heaptrack, uint64_t value)
{
	buffer_u8(&heaptrack->text, ' ');
	digits_hex(&heaptrack->text, value);
}

static void line_end(struct heaptrack *heaptrack)
{
	buffer_u8(&heaptrack->text, '\n');
}

static void line_of(struct heaptrack *heaptrack, char letter, uint64_t a, uint64_t b)
{
	line_begin(heaptrack, letter);
	number(heaptrack, a);
	number(heaptrack, b);
	line_end(heaptrack);
}

static void line_text(struct heaptrack *heaptrack, char letter, string_id id)
{
	const struct strings *strings = heaptrack->functions.strings;

	line_begin(heaptrack, letter);
	buffer_u8(&heaptrack->text, ' ');
	buffer_bytes(&heaptrack->text, strings_get(strings, id), strings_size(strings, id));
	line_end(heaptrack);
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

	number(heaptrack, function->name);
	number(heaptrack, function->file);
	number(heaptrack, at->frame ? at->frame->lineno : 0);
}

static void address(struct heaptrack *heaptrack, const struct location *location)
{
	const struct snapshot *snapshot = heaptrack->snapshot;
	const struct frame *frames = &snapshot->frames.items[location->first_frame];
	const struct function *first =
		&heaptrack->functions.items
			 .items[heaptrack->functions.by_frame[location->first_frame]];
	bool is_bare = !first->named && !first->file && location->has_address;

	line_begin(heaptrack, 'i');
	number(heaptrack, location->address);
	number(heaptrack, first->module);
	/* heaptrack then shows the address itself. */
	for (uint32_t i = 0; !is_bare && i < location->n_frames; i++)
		frame(heaptrack, &(struct view_frame){&frames[i], location});
	line_end(heaptrack);
}

static void tables(struct heaptrack *heaptrack)
{
	const struct snapshot *snapshot = heaptrack->snapshot;
	const struct strings *strings = heaptrack->functions.strings;
	string_id program = command(heaptrack);

	line_of(heaptrack, 'v', 0x10000, 1);
	line_text(heaptrack, 'X', program);
	line_of(heaptrack, 'I', (uint64_t)sysconf(_SC_PAGESIZE), 0);
	for (uint32_t i = 1; i < strings_count(strings); i++)
		line_text(heaptrack, 's', i);
	for (size_t i = 0; i < snapshot->locations.count; i++)
		address(heaptrack, &snapshot->locations.items[i]);
	line_begin(heaptrack, 'i');
	number(heaptrack, 0);
	number(heaptrack, 0);
	frame(heaptrack, &(struct view_frame){NULL, NULL});
	line_end(heaptrack);
	for (size_t i = 1; i < snapshot->stacks.count; i++)
		line_of(heaptrack, 't', (uint64_t)snapshot->stacks.items[i].location + 1,
			snapshot->stacks.items[i].parent);
	line_of(heaptrack, 't', snapshot->locations.count + 1, 0);
	flush(heaptrack);
	out_bytes(heaptrack->out, (const char *)heaptrack->infos.data, heaptrack->infos.size);
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
	if (__builtin_add_overflow(
		    heaptrack->n_lines, blocks.count * (frees ? 2 : 1), &heaptrack->n_lines))
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
		if (!heaptrack->n_infos)
			info(heaptrack, 0, i);
		for (int fate = 0; fate < FATES; fate++)
			add_lot(heaptrack, fate, plan.lots[fate], i);
		heaptrack->peak_size += history->peak.size;
		heaptrack->kept_size += plan.lots[FATE_KEPT].size;
	}
}

/* The line or two lines in TEXT, COUNT times. */
static void repeat(struct heaptrack *heaptrack, const struct buffer *text, uint64_t count)
{
	uint64_t at_once = CHUNK / text->size, done = 0;

	flush(heaptrack);
	for (uint64_t i = 0; i < at_once && i < count; i++)
		buffer_bytes(&heaptrack->text, text->data, text->size);
	while (count - done >= at_once && !heaptrack->out->failed) {
		out_bytes(heaptrack->out, (const char *)heaptrack->text.data, heaptrack->text.size);
		done += at_once;
	}
	heaptrack->text.size = (size_t)(count - done) * text->size;
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
	if (batch->count <= CHUNK / 16) {
		for (uint64_t i = 0; i < batch->count; i++)
			buffer_bytes(&heaptrack->text, text.data, text.size);
		if (heaptrack->text.size >= CHUNK)
			flush(heaptrack);
	} else {
		repeat(heaptrack, &text, batch->count);
	}
	buffer_free(&text);
}

static void all_events(struct heaptrack *heaptrack, enum fate fate, const char *letters)
{
	for (size_t i = 0; i < heaptrack->batches[fate].count; i++)
		events(heaptrack, &heaptrack->batches[fate].items[i], letters);
}

/* Brief blocks come and go where they do not make another peak: after it, if they fit beside what
 * is kept, else before, when nothing is live. */
static void brief(struct heaptrack *heaptrack, bool after)
{
	for (size_t i = 0; i < heaptrack->batches[FATE_BRIEF].count; i++) {
		const struct batch *batch = &heaptrack->batches[FATE_BRIEF].items[i];
		bool fits = batch->size <= heaptrack->peak_size - heaptrack->kept_size;

		if (fits == after)
			events(heaptrack, batch, "+-");
	}
}

static void at(struct heaptrack *heaptrack, size_t moment, uint64_t *last)
{
	const struct moment *at = &heaptrack->snapshot->moments.items[moment];
	uint64_t began = heaptrack->snapshot->run.started_ns;
	uint64_t ms = began && at->time_ns > began ? (at->time_ns - began) / 1000000 : 0;

	*last = ms > *last ? ms : *last;
	line_begin(heaptrack, 'c');
	number(heaptrack, *last);
	line_end(heaptrack);
	if (!at->rss)
		return;
	line_begin(heaptrack, 'R');
	number(heaptrack, at->rss / (uint64_t)sysconf(_SC_PAGESIZE));
	line_end(heaptrack);
}

static void history(struct heaptrack *heaptrack, size_t peak, size_t end)
{
	uint64_t ms = 0;

	if (heaptrack->contradicted) {
		char *comment = xasprintf(
			"# of %zu stacks the numbers contradict each other: allocations are more\n",
			heaptrack->contradicted);

		buffer_bytes(&heaptrack->text, comment, strlen(comment));
		free(comment);
	}
	brief(heaptrack, false);
	at(heaptrack, peak, &ms);
	all_events(heaptrack, FATE_KEPT, "+");
	all_events(heaptrack, FATE_FREED, "+");
	at(heaptrack, end, &ms);
	all_events(heaptrack, FATE_FREED, "-");
	all_events(heaptrack, FATE_TRIMMED, "-");
	brief(heaptrack, true);
	all_events(heaptrack, FATE_LATE, "+");
	flush(heaptrack);
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
	struct heaptrack heaptrack = {.snapshot = snapshot, .out = out};
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
	buffer_free(&heaptrack.text);
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
