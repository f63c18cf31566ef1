/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the shim's reading of .eh_frame, whose bytes are those of any module in the watched
 * program: nothing outside of the module may be read, and every pc has a row, the same one when it
 * is asked for again.
 *
 * Input: the offset of .eh_frame_hdr in two bytes, then a module.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "shim/cfi.c"
#include "shim/cfi_expression.c"
#include "shim/cfi_program.c"

#define ASKED 24 /* pcs of a module, and entries of its table */

static void ask(const struct cfi_module *module, uintptr_t pc)
{
	uint32_t row = cfi_row(module, pc);

	if (cfi_kind(row) == CFI_NONE || cfi_row(module, pc) != row)
		abort();
}

/* Beside the pcs of the whole module, those that its table says functions begin at. */
static void ask_all(const struct cfi_module *module)
{
	size_t size = (size_t)(module->end - module->start);
	struct cursor cursor = {module->header, module->end, false};

	for (size_t i = 0; i < ASKED; i++)
		ask(module, (uintptr_t)module->start + size * i / ASKED);
	cursor_skip(&cursor, 12);
	for (size_t i = 0; i < ASKED && !cursor.bad; i++) {
		int32_t start = (int32_t)cursor_fixed(&cursor, 4);

		cursor_skip(&cursor, 4);
		/* Code that may be looked at lies within the module. */
		for (int at = -1; at < 40; at += at < 4 ? 1 : 9) {
			uintptr_t pc = (uintptr_t)module->header +
				       (uintptr_t)(intptr_t)(start + (int64_t)at);

			if (pc - (uintptr_t)module->start < size)
				ask(module, pc);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfi_module module;
	uint8_t *bytes;

	if (size < 3)
		return 0;
	bytes = malloc(size - 2);
	memcpy(bytes, data + 2, size - 2);
	module = (struct cfi_module){
		.start = bytes, .end = bytes + size - 2, .code_end = bytes + size - 2};
	module.header = bytes + (data[0] | data[1] << 8) % (size - 2) / 4 * 4;
	ask_all(&module);
	/* The same where code must not be read. */
	module.code_end = NULL;
	ask_all(&module);
	free(bytes);
	return 0;
}
