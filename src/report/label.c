/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of frames. Function names hold no line breaks in any sane program, but a snapshot may come
 * from anywhere, and most forms would be broken by one.
 */
#include "report/label.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

static void append_id(struct buffer *label, const struct snapshot *snapshot, string_id id)
{
	buffer_bytes(
		label, strings_get(snapshot->strings, id), strings_size(snapshot->strings, id));
}

void label_frame(
	struct buffer *label, const struct snapshot *snapshot, const struct view_frame *frame)
{
	char number[32];

	if (!frame->frame) {
		buffer_bytes(label, SNAPSHOT_UNKNOWN, strlen(SNAPSHOT_UNKNOWN));
		return;
	}
	if (frame->frame->function) {
		append_id(label, snapshot, frame->frame->function);
		return;
	}
	append_id(label, snapshot, frame->frame->filename);
	if (frame->frame->flags & FRAME_NO_LINE && frame->location->has_address)
		snprintf(number, sizeof(number), "+0x%" PRIx64, frame->location->address);
	else
		snprintf(number, sizeof(number), ":%" PRIu32, frame->frame->lineno);
	buffer_bytes(label, number, strlen(number));
}

void label_clean(struct buffer *label, const char *data, size_t size)
{
	const char *end = data + size;

	while (data < end) {
		const char *begin = data;
		uint32_t character = utf8_next(&data, end);

		if (character == UTF8_INVALID)
			buffer_bytes(label, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
		else if (utf8_is_control(character))
			buffer_u8(label, ' ');
		else
			buffer_bytes(label, begin, (size_t)(data - begin));
	}
}

void label_replace(struct buffer *label, size_t begin, char from, char to)
{
	for (size_t i = begin; i < label->size; i++) {
		if (label->data[i] == (uint8_t)from)
			label->data[i] = (uint8_t)to;
	}
}
