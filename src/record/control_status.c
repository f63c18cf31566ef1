/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a process stands, as bytes: the numbers, then the texts. One row a number.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/control.h"

#define NUMBER(field) offsetof(struct control_status, field)
static const size_t numbers[] = {
	NUMBER(pid), NUMBER(parent_pid), NUMBER(collector_pid), NUMBER(image), NUMBER(recording), NUMBER(started_ns),
	NUMBER(frames_limit), NUMBER(follows), NUMBER(current), NUMBER(current_count), NUMBER(peak), NUMBER(peak_count),
	NUMBER(total_size), NUMBER(total_count), NUMBER(rss), NUMBER(events), NUMBER(events_lost), NUMBER(unknown_frees),
	NUMBER(cut_stacks), NUMBER(tracer_memory), NUMBER(collector_memory),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static void put_text(struct buffer *buffer, const char *text)
{
	buffer_string(buffer, text, strlen(text));
}

static char *take_text(struct cursor *cursor)
{
	size_t size = 0;
	const char *text = cursor_string(cursor, &size);

	return text ? xstrndup(text, size) : xstrdup("");
}

static void put_texts(struct buffer *buffer, const struct control_texts *texts)
{
	buffer_varint(buffer, texts->count);
	for (size_t i = 0; i < texts->count; i++)
		put_text(buffer, texts->items[i]);
}

static void take_texts(struct cursor *cursor, struct control_texts *texts)
{
	size_t count = cursor_count(cursor, 1);

	for (size_t i = 0; i < count; i++)
		*ARRAY_PUSH(texts) = take_text(cursor);
}

static void free_texts(struct control_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	ARRAY_FREE(texts);
}

void control_status_encode(const struct control_status *status, struct buffer *buffer)
{
	uint64_t number;

	for (size_t i = 0; i < NUMBERS; i++) {
		memcpy(&number, (const char *)status + numbers[i], sizeof number);
		buffer_u64(buffer, number);
	}
	put_text(buffer, status->file);
	put_texts(buffer, &status->command);
	put_texts(buffer, &status->moments);
}

int control_status_decode(struct control_status *status, const struct buffer *buffer, struct error *err)
{
	struct cursor cursor = cursor_over(buffer->data, buffer->size);

	memset(status, 0, sizeof *status);
	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t number = cursor_u64(&cursor);

		memcpy((char *)status + numbers[i], &number, sizeof number);
	}
	status->file = take_text(&cursor);
	take_texts(&cursor, &status->command);
	take_texts(&cursor, &status->moments);
	if (cursor_ok(&cursor))
		return 0;
	control_status_free(status);
	return error_status(err, EXIT_MEMTRACE_FAILED, "the collector's answer cannot be read");
}

void control_status_free(struct control_status *status)
{
	free(status->file);
	free_texts(&status->command);
	free_texts(&status->moments);
	memset(status, 0, sizeof *status);
}
