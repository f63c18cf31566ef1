/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inflating, done by us and not by libdwarf, since that refuses zstd. Goes in steps, with a sign of
 * life after each; what does not give exactly the bytes that were promised is corrupt.
 */
#include <zlib.h>
#include <zstd.h>
#include "symbol/inflate.h"

#define STEP (8u << 20)

bool inflate_zlib(const struct elf *elf, const struct elf_section *section, uint8_t *to)
{
	z_stream stream = {.next_in = (uint8_t *)section->stored, .next_out = to};
	size_t in = section->stored_size, out = section->size;
	int state = inflateInit(&stream);

	if (state != Z_OK)
		return false;
	while (state == Z_OK) {
		/* zlib counts in 32 bits, and who waits wants to hear of us. */
		stream.avail_in = in - (stream.next_in - section->stored) < STEP
					  ? in - (stream.next_in - section->stored)
					  : STEP;
		stream.avail_out =
			out - (stream.next_out - to) < STEP ? out - (stream.next_out - to) : STEP;
		state = inflate(&stream, Z_NO_FLUSH);
		if (elf->progress)
			elf->progress(elf->progress_data);
	}
	inflateEnd(&stream);
	return state == Z_STREAM_END && (size_t)(stream.next_out - to) == out;
}

bool inflate_zstd(const struct elf *elf, const struct elf_section *section, uint8_t *to)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {section->stored, section->stored_size, 0};
	ZSTD_outBuffer out = {to, 0, 0};
	size_t state = stream ? ZSTD_initDStream(stream) : 0;

	/* Ends with the last frame, with an error, or when a step moves neither side. */
	while (stream && !ZSTD_isError(state)) {
		size_t before = in.pos + out.pos;

		out.size = section->size - out.pos < STEP ? section->size : out.pos + STEP;
		state = ZSTD_decompressStream(stream, &out, &in);
		if (elf->progress)
			elf->progress(elf->progress_data);
		if (in.pos + out.pos == before || (!state && in.pos == in.size))
			break;
	}
	ZSTD_freeDStream(stream);
	return stream && !state && out.pos == section->size;
}
