/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tracebacks as text. How many frames is CPython's rule: it slices the list of frames, so a
 * negative number drops that many of the most recent ones, which is not what its documentation
 * says.
 */
#include "report/traceback.h"

#include <inttypes.h>
#include "report/safe.h"

struct writer {
	struct out *out;
	struct sources *sources;
	bool safe;
};

static void name_write(struct writer *writer, const char *data, size_t size)
{
	if (writer->safe)
		safe_write(writer->out, data, size);
	else
		out_bytes(writer->out, data, size);
}

static void frame_write(struct writer *writer, const struct row_frame *frame)
{
	struct out *out = writer->out;
	const char *line;
	size_t size;

	out_text(out, "  File \"");
	name_write(writer, frame->filename.data, frame->filename.size);
	out_format(out, "\", line %" PRIu32, frame->lineno);
	if (frame->function.data) {
		out_text(out, ", in ");
		name_write(writer, frame->function.data, frame->function.size);
		if (frame->inlined == 1)
			out_text(out, " (inlined)");
	} else if (frame->no_line && frame->has_address) {
		out_format(out, ", in +0x%" PRIx64, frame->address);
	}
	out_text(out, "\n");
	line = sources_line(
		writer->sources, frame->filename.data, frame->filename.size, frame->lineno, &size);
	if (!line)
		return;
	out_text(out, "    ");
	name_write(writer, line, size);
	out_text(out, "\n");
}

void traceback_write(const struct table *table, const struct row *row, struct sources *sources,
	struct out *out, bool safe)
{
	struct writer writer = {out, sources, safe};
	struct row_frames frames = row_frames(table, row);
	int64_t limit = table->query->frames, count = (int64_t)frames.all.count;
	int64_t begin = 0, end = count;

	if (limit > 0 && limit < count)
		begin = count - limit;
	if (limit <= 0)
		end = limit < -count ? 0 : limit < 0 ? count + limit : 0;
	for (int64_t i = 0; i < end - begin; i++) {
		int64_t at = table->query->oldest_first ? begin + i : end - 1 - i;

		frame_write(&writer, &frames.all.items[at]);
	}
	ARRAY_FREE(&frames.all);
}

void frames_write(const struct row_frames *frames, struct sources *sources, struct out *out,
	bool safe)
{
	struct writer writer = {out, sources, safe};

	for (size_t i = frames->all.count; i-- > 0;)
		frame_write(&writer, &frames->all.items[i]);
}
