/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nothing tells beforehand how large the file becomes, and xz makes a gigabyte of 150 KB: so it may
 * grow to GROWTH times what is stored, which no symbol table reaches (they shrink to a fifth), and
 * the decoder itself gets a limit for its dictionary. A file beyond that, or one that is cut short,
 * is none at all. It goes to an anonymous mapping, whose pages appear as they are written.
 */
#include <lzma.h>
#include <sys/mman.h>
#include "symbol/minidebug.h"

#define GROWTH 64u
#define SIZE_LEAST (1u << 20) /* that may always come out */
#define SIZE_MOST (1u << 30)
#define DECODER_MEMORY (128u << 20) /* xz -9 asks for 65 MB to unpack */
#define STEP (8u << 20)

static void live(const struct elf *elf)
{
	if (elf->progress)
		elf->progress(elf->progress_data);
}

/* Unpacks into the MOST bytes at TO; how many came out, 0 when it is not sound. */
static size_t unpack(const struct elf *elf, const struct elf_section *section, uint8_t *to, size_t most)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret state = lzma_stream_decoder(&stream, DECODER_MEMORY, 0);
	size_t done;

	stream.next_in = section->stored;
	stream.avail_in = section->stored_size;
	stream.next_out = to;
	while (state == LZMA_OK && stream.total_out < most) {
		size_t left = most - (size_t)stream.total_out;

		stream.avail_out = left < STEP ? left : STEP;
		state = lzma_code(&stream, LZMA_FINISH);
		live(elf);
	}
	done = state == LZMA_STREAM_END ? (size_t)stream.total_out : 0;
	lzma_end(&stream);
	return done;
}

/* A section that is compressed once more is no use to anybody but as a bomb. */
static bool is_plain(const struct elf *elf)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].compression)
			return false;
	return true;
}

struct elf *minidebug_open(const struct elf *elf)
{
	const struct elf_section *section = elf_section(elf, ".gnu_debugdata");
	size_t most = section ? section->stored_size : 0, size;
	struct error err = ERROR_INIT;
	struct elf *inner;
	uint8_t *to;

	if (!section || section->compression)
		return NULL;
	most = most > SIZE_MOST / GROWTH ? SIZE_MOST : most * GROWTH + SIZE_LEAST;
	to = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (to == MAP_FAILED)
		return NULL;
	size = unpack(elf, section, to, most);
	inner = size ? elf_open_memory(to, size, &err) : NULL;
	if (inner && !is_plain(inner)) {
		elf_close(inner);
		inner = NULL;
	}
	/* The pages behind it go at once, the others with the file. */
	if (!inner) {
		munmap(to, most);
		return NULL;
	}
	size = (size + 4095) & ~(size_t)4095;
	if (size < most)
		munmap(to + size, most - size);
	inner->mapped = true;
	return inner;
}
