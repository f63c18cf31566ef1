/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inflating, done by us and not by libdwarf, since that refuses zstd; what does not give exactly the
 * bytes that were promised is corrupt. The debug information of libc is 10 MB inflated, and every
 * run needs it: libdeflate takes 14 ms for it where zlib takes 40. It does a section at once, at some
 * 600 MB a second, so a sign of life before and after it is enough; zstd goes in steps.
 */
#include <libdeflate.h>
#include <zstd.h>
#include "symbol/inflate.h"

#define STEP (8u << 20)

static void live(const struct elf *elf)
{
	if (elf->progress)
		elf->progress(elf->progress_data);
}

bool inflate_zlib(const struct elf *elf, const struct elf_section *section, uint8_t *to)
{
	struct libdeflate_decompressor *stream = libdeflate_alloc_decompressor();
	enum libdeflate_result result = LIBDEFLATE_BAD_DATA;

	live(elf);
	/* Without a place for the size it must be just that. */
	if (stream)
		result = libdeflate_zlib_decompress(
			stream, section->stored, section->stored_size, to, section->size, NULL);
	libdeflate_free_decompressor(stream);
	live(elf);
	return result == LIBDEFLATE_SUCCESS;
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
		live(elf);
		if (in.pos + out.pos == before || (!state && in.pos == in.size))
			break;
	}
	ZSTD_freeDStream(stream);
	return stream && !state && out.pos == section->size;
}
