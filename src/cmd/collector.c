/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop. Rings must be drained whatever else is to be done, since a full ring makes its program wait: children write what is
 * to be written meanwhile (writers.h). Only the program's own image, last, is written here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/units.h"
#include "base/version.h"
#include "cmd/collector.h"
#include "cmd/desert.h"
#include "cmd/keep.h"
#include "cmd/leaving.h"
#include "cmd/leaks.h"
#include "cmd/looks.h"
#include "cmd/naming.h"
#include "cmd/naming_ahead.h"
#include "cmd/naming_jit.h"
#include "cmd/pattern.h"
#include "cmd/progress.h"
#include "cmd/serve.h"
#include "cmd/untraced.h"
#include "cmd/wishes.h"
#include "cmd/writers.h"
#include "record/door.h"
#include "record/procfs.h"

enum { BUSY_WAIT_MS = 1, IDLE_WAIT_MS = 20 };
#define CHECK_ENDS_NS 5000000ull

/* Soon, since an image may be short; but most rounds see the same images as the one before. */
static void look_at_places(struct collector *collector)
{
	uint64_t images = 0;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		const struct reader_process *process = collector->reader.processes.items[i];
		uint64_t name = (uint64_t)process->image->pid << 32 | process->image->number;

		images += process->said_hello ? (name + 1) * 0x9E3779B97F4A7C15ull : 0;
	}
	if (images == collector->images_seen)
		return;
	collector->images_seen = images;
	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		const struct reader_process *process = collector->reader.processes.items[i];

		if (process->said_hello)
			places_look(&collector->places, process->image->pid, process->image->number,
				process->image->parent_pid);
	}
}

size_t collector_read(struct collector *collector)
{
	size_t work = reader_round(&collector->reader);

	look_at_places(collector);
	return work;
}

char *collector_file(const struct collector *collector, const struct image *image)
{
	const struct collector_options *options = collector->options;
	uint32_t number = image->number;

	if (image->first)
		return xstrdup(collector->other_file ? collector->other_file : options->first_file);
	if (pattern_has(options->pattern, 'p')) {
		const struct pattern_values values = {
			.program = image->command.count ? image->command.items[0] : options->program,
			.pid = image->pid, .time_s = collector->started_ns / 1000000000, .host = collector->host,
			.sequence = collector->written,
		};
		return pattern_expand(options->pattern, &values);
	}
	if (image->pid == collector->target->pid && number)
		number--;
	return number ? xasprintf("%s.%d.%u", options->first_file, image->pid, number + 1) :
			xasprintf("%s.%d", options->first_file, image->pid);
}

/* What is known of the files of this image's offspring by now. */
static void name_follows(struct collector *collector, struct image *image)
{
	for (size_t i = 0; i < image->follows.count; i++) {
		struct image_follow *follow = &image->follows.items[i];

		for (size_t k = 0; k < collector->files.count && !follow->file; k++)
			if (collector->files.items[k].pid == follow->pid &&
				collector->files.items[k].images == follow->image)
				follow->file = xstrdup(collector->files.items[k].file);
		for (size_t k = 0; k < collector->reader.processes.count && !follow->file; k++) {
			const struct image *child = collector->reader.processes.items[k]->image;

			if (child->pid == follow->pid && child->number == follow->image)
				follow->file = collector_file(collector, child);
		}
	}
}

static void describe_end(struct collector *collector, const struct image *image, struct image_state *state)
{
	const struct target *target = collector->target;

	if (!target->ended || !collector->last || image != collector->last->image)
		return;
	if (target->adopted) {
		state->rss = collector->rss;
		return;
	}
	if (WIFSIGNALED(target->status))
		state->exit_signal = WTERMSIG(target->status);
	else
		state->exit_code = WEXITSTATUS(target->status);
	state->rss = collector->rss ? collector->rss : (uint64_t)target->usage.ru_maxrss * 1024;
}

/* A number that the program keeps in memory which it can overwrite: one that cannot be is none, and says so. */
static uint64_t shared_number(struct image *image, uint64_t number)
{
	if (number <= INT64_MAX)
		return number;
	image_problem(image, "the program has overwritten what it shares with memtrace");
	return 0;
}

/* What was named ahead is the last image's: the others are written by children. */
static struct symbolizer *take_symbolizer(struct collector *collector, const struct reader_process *process)
{
	struct naming_ahead *ahead = process == collector->last ? collector->ahead : NULL;

	if (ahead)
		collector->ahead = NULL;
	return ahead ? naming_ahead_take(ahead) : symbolizer_new(&collector->options->symbols);
}

static void name(struct collector *collector, const struct reader_process *process, struct snapshot *snapshot, bool ended)
{
	const struct image *image = process->image;
	const struct naming_options options = {
		.root = places_root(&collector->places, image->pid, image->number), .pid = ended ? 0 : image->pid };
	struct symbolizer *symbolizer;

	progress_tell("naming what is left");
	symbolizer = take_symbolizer(collector, process);
	naming_apply(snapshot, symbolizer, &options, NULL);
	symbolizer_free(symbolizer);
}

struct snapshot *collector_snapshot(struct collector *collector, struct reader_process *process, bool ended)
{
	const struct wire_process *shared = &collector->pool->processes[process->index];
	const uint32_t limit = shared->frames_limit;
	char before[UNITS_MAX];
	struct snapshot *snapshot;
	struct image_state state = {
		.moment = ended ? "exit" : "now", .ended = ended, .exit_code = -1, .blocks = collector->options->blocks,
		.taken_ns = clock_ns(CLOCK_REALTIME),
		.frames_limit = limit && limit <= WIRE_FRAMES_MAX ? limit : collector->options->frames_limit,
		.lost = shared_number(process->image, shared->lost_events),
		.cut_stacks = shared_number(process->image, shared->cut_stacks),
		.tracer_memory = shared_number(process->image, shared->tracer_memory),
		.directory = collector->directory, .host = collector->host, .version = MEMTRACE_VERSION,
	};

	if (ended) {
		untraced_name(process->image, shared->exec_pending, collector->pool->head->follow & WIRE_FOLLOW_EXEC);
		if (process->image->first && collector->options->unwatched)
			image_problem(process->image, "%s", collector->options->unwatched);
		else if (process->said_hello && !(process->image->first && collector->options->spliced))
			untraced_probe(process->image);
		describe_end(collector, process->image, &state);
		leaks_finish(collector, process);
	} else {
		state.rss = resident_bytes(process->image->pid);
	}
	if (shared->flags & WIRE_FLAG_GAVE_UP)
		image_problem(process->image, "the program stopped waiting for memtrace, which stood still; "
			"what it did after that is not recorded");
	/* What a thread was about to tell then. */
	if (shared->flags & WIRE_FLAG_STOPPED) {
		reader_forget(process, 0);
		image_note(process->image, "recording was stopped %s: what the program held then is not known",
			ended ? "at the end" : "when this was taken");
	}
	if (process->image->joined)
		image_note(process->image, "memtrace attached to it while it ran: what it had allocated before (%s of anonymous memory were "
			"resident then) is not in here, and frees of that are frees of unknown addresses",
			units_size(before, (int64_t)collector->options->before, false));
	residency_copy(process->image, &state.memory);
	name_follows(collector, process->image);
	snapshot = image_snapshot(process->image, &state);
	name(collector, process, snapshot, ended);
	naming_jit(snapshot, process->image);
	return snapshot;
}

void collector_find_name(struct collector *collector)
{
	const char *name = collector->options->first_file;

	if (collector->options->force || collector->first_exists)
		return;
	for (int i = 2; i < KEEP_NAMES_TRIED && access(collector->other_file ? collector->other_file : name, F_OK) == 0; i++) {
		free(collector->other_file);
		collector->other_file = xasprintf("%s.%d", name, i);
	}
}

int collector_write(struct collector *collector, struct reader_process *process, struct snapshot *snapshot, char **file,
	struct error *err)
{
	bool replace = collector->options->force || (process->image->first && collector->first_exists);
	struct buffer bytes = { 0 };
	int result = -1;

	*file = collector_file(collector, process->image);
	if (snapshot_sum(snapshot, err) < 0 || snapshot_check(snapshot, err) < 0) {
		err->status = EXIT_MEMTRACE_FAILED;
		return -1;
	}
	snapshot_encode(snapshot, &bytes);
	result = keep_as(file, &bytes, replace ? FILE_REPLACE : FILE_REFUSE_EXISTING, err);
	buffer_free(&bytes);
	return result;
}

static void remember_file(struct collector *collector, const struct image *image)
{
	__typeof__(collector->files.items) entry = ARRAY_PUSH(&collector->files);

	entry->pid = image->pid;
	entry->images = image->number;
	entry->file = collector_file(collector, image);
	collector->written++;
}

/* An image that is not the one which `run` waits for has ended. */
static void write_ended(struct collector *collector, struct reader_process *process)
{
	if (process->said_hello) {
		writers_write(collector, process);
		leaks_forget(collector, process);
		remember_file(collector, process->image);
	}
	places_forget(&collector->places, process->image->pid, process->image->number);
	reader_drop(&collector->reader, process);
}

static void take_ended(struct collector *collector)
{
	struct reader_process *process;

	while ((process = reader_take_ended(&collector->reader)))
		write_ended(collector, process);
}

/* Of the program's present image, which is the last one for all we know. */
static void feed_ahead(struct collector *collector, uint64_t now)
{
	for (size_t i = collector->reader.processes.count; collector->ahead && i-- > 0;) {
		const struct reader_process *process = collector->reader.processes.items[i];

		if (process->waited_for && !process->ended && process->said_hello) {
			naming_ahead_feed(collector->ahead, process->image,
				places_root(&collector->places, process->image->pid, process->image->number), now);
			return;
		}
	}
}

/* What is due by time, not by data. */
static void tick(struct collector *collector)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t rss;

	if (now - collector->checked_ns < CHECK_ENDS_NS)
		return;
	collector->checked_ns = now;
	feed_ahead(collector, now);
	door_answer(collector->door, collector->pool);
	reader_check_ends(&collector->reader);
	take_ended(collector);
	writers_reap(collector, SIZE_MAX);
	serve(collector, now);
	wishes_serve(collector);
	looks_tick(collector, now);
	if (!collector->target->ended && (rss = resident_bytes(collector->target->pid)))
		collector->rss = rss;
	if (collector->options->checkpoint_s &&
		now - collector->checkpoint_ns > collector->options->checkpoint_s * 1000000000) {
		collector->checkpoint_ns = now;
		writers_checkpoint(collector);
	}
}

void collector_step(struct collector *collector)
{
	static int quiet;
	size_t work = collector_read(collector);

	quiet = work ? 0 : quiet + 1;
	/* Producers ring when a quarter of their ring is full: to read less at a time only costs. */
	if (work < WIRE_RING_MIN / sizeof(uint64_t) / 4) {
		pool_announce_sleep(collector->pool);
		pool_wait(collector->pool, quiet < 50 ? BUSY_WAIT_MS : IDLE_WAIT_MS);
	}
	tick(collector);
}

/* The program's last image is taken off the list: `run` reports it. The others are written like anybody's. */
static void keep_last(struct collector *collector)
{
	struct reader_process *last = NULL;

	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		struct reader_process *process = collector->reader.processes.items[i];

		if (process->waited_for && process->ended && process->said_hello &&
			(!last || process->image->number > last->image->number))
			last = process;
	}
	collector->last = last;
	if (last)
		reader_take(&collector->reader, last);
}

void collector_open(struct collector *collector, const struct pool *pool)
{
	collector->door = door_open(pool);
	control_open(&collector->control);
}

void collector_run(struct collector *collector, struct pool *pool, struct target *target,
	const struct collector_options *options)
{
	collector->options = options;
	collector->pool = pool;
	collector->target = target;
	desert_instead_of_dying(collector);
	collector->started_ns = clock_ns(CLOCK_REALTIME);
	collector->checkpoint_ns = clock_ns(CLOCK_MONOTONIC);
	if (!getcwd(collector->directory, sizeof collector->directory))
		collector->directory[0] = 0;
	gethostname(collector->host, sizeof collector->host - 1);
	kin_init(&collector->kin, pool, target->pid);
	reader_init(&collector->reader, pool, target->pid);
	collector->reader.moments = &options->at.rules;
	collector->reader.interval = options->sample;
	collector->ahead = naming_ahead_new(&options->symbols);
	if (options->ready)
		options->ready(collector);
	while (!target_poll(target))
		collector_step(collector);
	if (target->left)
		leave_all(collector);
	writers_end_checkpoint(collector);
	reader_end(&collector->reader, target->pid);
	keep_last(collector);
	/* Descendants that ended before it are no successor's: their files are there when `run` ends. */
	reader_check_ends(&collector->reader);
	take_ended(collector);
}

void collector_finish(struct collector *collector)
{
	writers_reap(collector, 0);
}

/* Of those who have not said who they are, /proc knows whether they live: what stands about them in shared memory may be half
 * written, or written over. */
static bool knows_somebody(const struct collector *collector)
{
	for (size_t i = 0; i < collector->reader.processes.count; i++)
		if (collector->reader.processes.items[i]->said_hello)
			return true;
	return false;
}

/* Who has lived and died while it was looked for has been heard of after that. */
static bool has_more(struct collector *collector)
{
	if (!knows_somebody(collector) && !kin_left(&collector->kin))
		collector_read(collector);
	return knows_somebody(collector) || collector->kin.left;
}

static void successor(struct collector *collector)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	memory_last(NULL);
	setsid();
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	collector->writers.count = 0;
	collector->ahead = NULL;
	collector->checkpointer = 0;
	pool_enter(collector->pool);
	control_take_over(&collector->control);
	take_ended(collector);
	while (has_more(collector))
		collector_step(collector);
	writers_reap(collector, 0);
	_exit(0);
}

void collector_hand_over(struct collector *collector)
{
	pid_t pid;

	if (collector->target->left || !has_more(collector))
		return;
	pool_leave(collector->pool);
	pid = fork();
	if (pid != 0)
		return;
	if (collector->last) {
		leaks_forget(collector, collector->last);
		remember_file(collector, collector->last->image);
		places_forget(&collector->places, collector->last->image->pid, collector->last->image->number);
		reader_drop(&collector->reader, collector->last);
		collector->last = NULL;
	}
	successor(collector);
}
