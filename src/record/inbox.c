/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of processes, as they tell it: hello, modules, execs, names; with --transport pipe the records too.
 * Each row of `handlers` is one kind of message. Sizes are checked here; a message that does not parse is passed over
 * and its process marked.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "record/answer.h"
#include "record/inbox.h"
#include "record/procfs.h"

static uint64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint32_t count_image(struct reader *reader, int32_t pid)
{
	for (size_t i = 0; i < reader->pids.count; i++)
		if (reader->pids.items[i].pid == pid)
			return reader->pids.items[i].images++;
	__typeof__(reader->pids.items) entry = ARRAY_PUSH(&reader->pids);
	entry->pid = pid;
	entry->images = 1;
	return 0;
}

static bool is_same_program(const char *a, const char *b)
{
	const char *base_a = strrchr(a, '/'), *base_b = strrchr(b, '/');

	return strcmp(base_a ? base_a + 1 : a, base_b ? base_b + 1 : b) == 0;
}

/* An announced exec has come true: by itself, or by a child of it. */
static bool settle_exec(struct image *image, const char *program)
{
	for (size_t i = 0; i < image->pending_execs.count; i++) {
		if (!is_same_program(image->pending_execs.items[i], program))
			continue;
		free(image->pending_execs.items[i]);
		image->pending_execs.items[i] = image->pending_execs.items[--image->pending_execs.count];
		return true;
	}
	return false;
}

static struct image_follow *add_follow(struct image *parent, const struct image *child)
{
	struct image_follow *follow = ARRAY_PUSH(&parent->follows);
	const char *program = child->command.count ? child->command.items[0] : child->executable;

	follow->pid = child->pid;
	follow->image = child->number;
	follow->program = xstrdup(program ? program : "");
	return follow;
}

/* The same pid says hello again: its former image ended with an exec. The parent learns of its new child. */
static void join_family(struct reader *reader, struct reader_process *process, const struct wire_hello *hello)
{
	for (size_t i = 0; i < reader->processes.count; i++) {
		struct reader_process *other = reader->processes.items[i];
		bool same = other->image->pid == hello->pid;
		struct image_follow *follow;

		if (other == process || !other->said_hello || other->ended || other->gone)
			continue;
		if (!same && other->image->pid != hello->parent_pid)
			continue;
		follow = add_follow(other->image, process->image);
		follow->settled = hello->forked || settle_exec(other->image, follow->program);
		if (same) {
			reader_finish(reader, other);
			process->waited_for = other->waited_for;
		}
	}
}

static void read_command(struct image *image, const char *text, size_t size)
{
	while (size) {
		size_t length = strnlen(text, size);

		*ARRAY_PUSH(&image->command) = xstrndup(text, length);
		length += length < size;
		text += length;
		size -= length;
	}
}

/* What a process of another pid namespace says of itself means nothing here. False: it is gone by now. */
static bool translate(const struct reader *reader, const struct reader_process *process, struct wire_hello *hello)
{
	uint64_t namespace = reader->pool->processes[process->index].pid_namespace, ours = procfs_namespace("self");
	struct procfs_process seen;
	pid_t pid;

	if (!namespace || !ours || namespace == ours)
		return true;
	pid = procfs_find(namespace, hello->pid);
	if (!pid || !procfs_look(pid, &seen))
		return false;
	hello->pid = pid;
	hello->parent_pid = seen.parent;
	return true;
}

static void on_hello(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	struct wire_hello hello;
	struct image *image = process->image;
	char link[64], path[PATH_MAX];
	ssize_t length;

	if (size < sizeof hello || process->said_hello)
		return;
	memcpy(&hello, data, sizeof hello);
	if (hello.pid <= 0 || hello.realtime_ns > INT64_MAX)
		return;
	image->home = (struct procfs_home){ .pid = hello.pid, .parent = hello.parent_pid };
	process->gone = !translate(reader, process, &hello);
	image->pid = hello.pid;
	image->parent_pid = hello.parent_pid;
	if (process->gone)
		image->home = (struct procfs_home){ .uid = PROCFS_NOBODY };
	else
		procfs_visit(image->pid, &image->home);
	image->forked = hello.forked == WIRE_FORKED;
	image->joined = hello.forked == WIRE_JOINED;
	image->started_ns = hello.realtime_ns;
	image->number = count_image(reader, hello.pid);
	image->first = hello.pid == reader->first_pid && !process->gone && !reader->first_seen;
	if (image->first)
		reader->first_seen = true;
	read_command(image, (const char *)data + sizeof hello, size - sizeof hello);
	snprintf(link, sizeof link, "/proc/%d/exe", hello.pid);
	length = readlink(link, path, sizeof path - 1);
	if (length > 0)
		image->executable = xstrndup(path, (size_t)length);
	process->waited_for = hello.pid == reader->first_pid && !process->gone;
	if (!process->gone)
		process->pidfd = (int)syscall(SYS_pidfd_open, hello.pid, 0);
	process->said_hello = true;
	if (!process->gone)
		join_family(reader, process, &hello);
}

static void on_module(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	(void)reader;
	image_load(process->image, data, size, realtime_ns());
}

static void on_unload(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	struct wire_unload unload;

	(void)reader;
	if (size < sizeof unload)
		return;
	memcpy(&unload, data, sizeof unload);
	image_unload(process->image, unload.id, realtime_ns());
}

static void on_exec(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	struct image *image = process->image;
	char *path = xstrndup((const char *)data, size);

	(void)reader;
	for (size_t i = 0; i < image->follows.count; i++) {
		struct image_follow *follow = &image->follows.items[i];

		/* What a ring holds may be read after the hello of who was started. */
		if (!follow->settled && is_same_program(follow->program, path)) {
			follow->settled = true;
			free(path);
			return;
		}
	}
	*ARRAY_PUSH(&image->pending_execs) = path;
}

static void on_chunk(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	uint64_t words[WIRE_MESSAGE_MAX / 8];
	struct ring *ring;
	uint32_t slot;

	if (size < 8)
		return;
	memcpy(&slot, data, sizeof slot);
	ring = reader_ring(reader, slot);
	if (!ring || ring->process != process)
		return;
	memcpy(words, data + 8, (size - 8) / 8 * 8);
	decode_append(&ring->stream, words, (size - 8) / 8);
	ring->position = ring->target += (size - 8) / 8;
	ring->safe = process->message_tick;
	ring->heard_ns = clock_ns(CLOCK_MONOTONIC);
}

static void on_thread_name(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	int32_t tid;

	(void)reader;
	if (size < sizeof tid)
		return;
	memcpy(&tid, data, sizeof tid);
	image_thread_name(process->image, tid, (const char *)data + sizeof tid, size - sizeof tid);
}

static void on_domain_name(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	uint32_t domain;

	(void)reader;
	if (size < sizeof domain)
		return;
	memcpy(&domain, data, sizeof domain);
	if (domain < WIRE_DOMAIN_OWN)
		return;
	image_domain_name(process->image, domain, (const char *)data + sizeof domain, size - sizeof domain);
}

static void on_untraced(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size)
{
	(void)reader;
	image_problem(process->image, "%.*s", (int)size, (const char *)data);
}

static void (*const handlers[16])(struct reader *, struct reader_process *, const uint8_t *, size_t) = {
	[WIRE_MSG_HELLO] = on_hello, [WIRE_MSG_MODULE] = on_module, [WIRE_MSG_UNLOAD] = on_unload,
	[WIRE_MSG_EXEC] = on_exec, [WIRE_MSG_CHUNK] = on_chunk,
	[WIRE_MSG_THREAD_NAME] = on_thread_name, [WIRE_MSG_DOMAIN_NAME] = on_domain_name,
	[WIRE_MSG_UNTRACED] = on_untraced, [WIRE_MSG_SNAPSHOT] = answer_note_wish,
};

void reader_message(struct reader *reader, const void *data, size_t size)
{
	struct wire_message head;
	struct reader_process *process;
	const uint8_t *body = (const uint8_t *)data + sizeof head;

	if (size < sizeof head)
		return;
	memcpy(&head, data, sizeof head);
	if (head.magic != WIRE_MESSAGE_MAGIC || head.size < sizeof head || head.size > size || head.kind > 15)
		return;
	process = reader_process(reader, head.process, head.generation);
	if (!process || process->ended || !handlers[head.kind])
		return;
	process->message_tick = head.tick;
	size = head.size - sizeof head;
	if (head.more || process->parts[head.kind].count) {
		for (size_t i = 0; i < size; i++)
			*ARRAY_PUSH(&process->parts[head.kind]) = body[i];
		if (head.more)
			return;
		body = process->parts[head.kind].items;
		size = process->parts[head.kind].count;
	}
	handlers[head.kind](reader, process, body, size);
	process->parts[head.kind].count = 0;
}

/* Whole messages in the input; what does not begin with a message's head is skipped to where one does. */
static size_t parse_input(struct reader *reader)
{
	size_t at = 0, messages = 0;
	struct wire_message head;

	while (reader->n_input - at >= sizeof head) {
		memcpy(&head, reader->input + at, sizeof head);
		if (head.magic != WIRE_MESSAGE_MAGIC || head.size < sizeof head || head.size > WIRE_MESSAGE_MAX) {
			at++;
			continue;
		}
		if (reader->n_input - at < head.size)
			break;
		reader_message(reader, reader->input + at, head.size);
		at += head.size;
		messages++;
	}
	reader->n_input -= at;
	memmove(reader->input, reader->input + at, reader->n_input);
	return messages;
}

size_t reader_drain_pipe(struct reader *reader)
{
	size_t messages = 0;

	for (int rounds = 0; rounds < 64; rounds++) {
		ssize_t got = read(reader->pool->pipe_read, reader->input + reader->n_input,
			READER_INPUT - reader->n_input);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		reader->n_input += (size_t)got;
		messages += parse_input(reader);
	}
	return messages;
}
