/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One object a frame. Its keys are those that import knows, so that a row's traceback can be cut out
 * and become part of a document.
 */
#include "report/frame_json.h"

static void name(struct emitter *emitter, const char *key, const struct name *name)
{
	if (name->data)
		emit_text(emitter, key, name->data, name->size);
	else
		emit_null(emitter, key);
}

void frame_json(struct emitter *emitter, const char *key, const struct row_frame *frame)
{
	emit_begin(emitter, key, '{');
	name(emitter, "filename", &frame->filename);
	emit_uint(emitter, "lineno", frame->lineno);
	name(emitter, "function", &frame->function);
	name(emitter, "module", &frame->module);
	if (frame->has_address)
		emit_hex(emitter, "address", frame->address);
	else
		emit_null(emitter, "address");
	if (frame->inlined >= 0)
		emit_bool(emitter, "inlined", frame->inlined);
	else
		emit_null(emitter, "inlined");
	emit_end(emitter);
}

void frames_json(struct emitter *emitter, const char *key, const struct row_frames *frames)
{
	emit_begin(emitter, key, '[');
	for (size_t i = 0; i < frames->all.count; i++)
		frame_json(emitter, NULL, &frames->all.items[i]);
	emit_end(emitter);
}
