/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shim's reading of .eh_frame: a module made by hand, then the same cut short and damaged. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "shim/cfi.c"
#include "shim/cfi_expression.c"
#include "shim/cfi_program.c"

/* Offsets in the module: code [0, 64), then the header, one CIE, three FDEs. */
enum {
	CODE = 64,
	HEADER = 64,
	CIE = 112,
	PLAIN = 136,
	SIGNAL_CIE = 176,
	SIGNAL = 204,
	ODD = 248,
	SIZE = 288
};

static void put4(uint8_t *at, int64_t value)
{
	uint32_t bits = (uint32_t)value;

	memcpy(at, &bits, 4);
}

/* An entry at AT with BODY behind its length and id, filled up with nops to the next one. */
static void put_entry(uint8_t *module, int at, int next, int cie, const uint8_t *body, size_t size)
{
	memset(module + at, 0, (size_t)(next - at));
	put4(module + at, next - at - 4);
	put4(module + at + 4, cie < 0 ? 0 : at + 4 - cie);
	memcpy(module + at + 8, body, size);
}

/* An FDE of [start, start + size) of the code. */
static void put_fde(uint8_t *module, int at, int next, int cie, int start, int size,
	const uint8_t *program, size_t n)
{
	uint8_t body[64] = {0};

	put4(body, start - (at + 8));
	put4(body + 4, size);
	memcpy(body + 9, program, n);
	put_entry(module, at, next, cie, body, 9 + n);
}

static void make(uint8_t *module)
{
	/* version 1, "zR", factors 1 and -8, RA 16, pcrel sdata4; CFA = rsp + 8, RA at CFA - 8 */
	static const uint8_t cie[] = {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1};
	static const uint8_t signal_cie[] = {
		1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1};
	/* push %rbp; at 1 CFA + 16, rbp at CFA - 16; at 4 CFA by rbp; remembered; at 8 CFA = rsp +
	 * 8; at 9 as before; at 12 CFA = *(rbp - 16) */
	static const uint8_t plain[] = {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x44, 0x0a, 0xc6,
		0x0c, 7, 8, 0x41, 0x0b, 0x43, 0x0f, 3, 0x76, 0x70, 0x06};
	static const uint8_t signal[] = {0x0f, 4, 0x77, 0xa0, 0x01, 0x06, 0x10, 6, 3, 0x77, 0xf8, 0,
		0x10, 16, 3, 0x77, 0xa8, 0x01};
	/* at 2 no caller; at 4 CFA by rbx */
	static const uint8_t odd[] = {0x42, 0x07, 16, 0x42, 0x90, 1, 0x0d, 3};
	static const uint8_t header[] = {1, 0x1b, 3, 0x3b};

	memset(module, 0x90, SIZE);
	memcpy(module + HEADER, header, sizeof header);
	put4(module + HEADER + 8, 3);
	const int table[] = {8, PLAIN, 32, SIGNAL, 48, ODD};
	for (int i = 0; i < 6; i++)
		put4(module + HEADER + 12 + 4 * i, table[i] - HEADER);
	put_entry(module, CIE, PLAIN, -1, cie, sizeof cie);
	put_fde(module, PLAIN, SIGNAL_CIE, CIE, 8, 16, plain, sizeof plain);
	put_entry(module, SIGNAL_CIE, SIGNAL, -1, signal_cie, sizeof signal_cie);
	put_fde(module, SIGNAL, ODD, SIGNAL_CIE, 32, 8, signal, sizeof signal);
	put_fde(module, ODD, SIZE, CIE, 48, 8, odd, sizeof odd);
}

static uint32_t row_at(const uint8_t *bytes, size_t size, int pc)
{
	struct cfi_module module = {.start = bytes,
		.end = bytes + size,
		.header = bytes + HEADER,
		.code_end = bytes + size};

	return cfi_row(&module, (uintptr_t)bytes + (uintptr_t)pc);
}

static void is_row(const uint8_t *module, int pc, enum cfi_kind kind, int offset, enum cfi_rbp rbp,
	int rbp_offset)
{
	uint32_t row = row_at(module, SIZE, pc);

	cr_assert_eq(cfi_kind(row), kind, "kind %d at %d", cfi_kind(row), pc);
	cr_assert_eq(cfi_offset(row), offset, "at %d", pc);
	cr_assert_eq(cfi_rbp(row), rbp, "at %d", pc);
	cr_assert_eq(cfi_rbp_offset(row), rbp_offset, "at %d", pc);
}

Test(cfi, follows_a_function)
{
	uint8_t *module = malloc(SIZE);

	make(module);
	is_row(module, 8, CFI_RSP, 8, CFI_RBP_KEPT, 0);
	is_row(module, 9, CFI_RSP, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 11, CFI_RSP, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 12, CFI_RBP, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 16, CFI_RSP, 8, CFI_RBP_KEPT, 0);
	is_row(module, 17, CFI_RBP, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 20, CFI_AT_RBP, -16, CFI_RBP_AT_CFA, -16);
	is_row(module, 23, CFI_AT_RBP, -16, CFI_RBP_AT_CFA, -16);
	free(module);
}

Test(cfi, knows_ends_signals_and_what_it_cannot_say)
{
	uint8_t *module = malloc(SIZE);

	make(module);
	is_row(module, 0, CFI_FRAME, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 24, CFI_FRAME, 16, CFI_RBP_AT_CFA, -16);
	is_row(module, 32, CFI_SIGNAL, 0, CFI_RBP_KEPT, 0);
	is_row(module, 48, CFI_RSP, 8, CFI_RBP_KEPT, 0);
	is_row(module, 50, CFI_END, 0, CFI_RBP_KEPT, 0);
	is_row(module, 52, CFI_UNKNOWN, 0, CFI_RBP_KEPT, 0);
	/* A return address at a function's beginning, with nothing before it, was made by hand. */
	is_row(module, 47, CFI_END, 0, CFI_RBP_KEPT, 0);
	is_row(module, 46, CFI_FRAME, 16, CFI_RBP_AT_CFA, -16);
	/* A signal's code that nothing is said about is known by its bytes, if these may be read.
	 */
	memcpy(module + 25, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9);
	is_row(module, 24, CFI_SIGNAL, 0, CFI_RBP_KEPT, 0);
	struct cfi_module shut = {module, module + SIZE, module + HEADER, NULL};
	cr_assert_eq(cfi_kind(cfi_row(&shut, (uintptr_t)module + 24)), CFI_FRAME);
	free(module);
}

/* The executable has gaps: its tables lie in another piece than the code. */
Test(cfi, reads_tables_apart_from_the_code)
{
	uint8_t *module = malloc(SIZE);
	struct cfi_module apart = {module + HEADER, module + SIZE, module + HEADER, module + CODE};

	make(module);
	cr_assert_eq(cfi_row(&apart, (uintptr_t)module + 9), row_at(module, SIZE, 9));
	memcpy(module + 25, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9);
	cr_assert_eq(cfi_kind(cfi_row(&apart, (uintptr_t)module + 24)), CFI_SIGNAL);
	free(module);
}

/* The row at 8 of a function whose program is the given bytes. */
static uint32_t row_of(const uint8_t *program, size_t n)
{
	uint8_t *module = malloc(SIZE);
	uint32_t row;

	make(module);
	put_fde(module, PLAIN, SIGNAL_CIE, CIE, 8, 16, program, n);
	row = row_at(module, SIZE, 8);
	free(module);
	return row;
}
#define ROW_OF(...) row_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

Test(cfi, reduces_expressions)
{
	const uint32_t plain = cfi_pack(CFI_RSP, 8, CFI_RBP_KEPT, 0);

	/* rsp + 16 - 8, by constants of several sizes, and turned round */
	cr_assert_eq(ROW_OF(0x0f, 5, 0x77, 16, 0x09, 0xf8, 0x22), plain);
	cr_assert_eq(ROW_OF(0x0f, 5, 0x77, 16, 0x08, 8, 0x1c), plain);
	cr_assert_eq(ROW_OF(0x0f, 4, 0x38, 0x77, 0, 0x22), plain);
	cr_assert_eq(ROW_OF(0x0f, 5, 0x92, 7, 0, 0x23, 8), plain);
	cr_assert_eq(
		ROW_OF(0x0f, 5, 0x38, 0x77, 0, 0x16, 0x22), cfi_pack(CFI_RSP, 8, CFI_RBP_KEPT, 0));
	cr_assert_eq(ROW_OF(0x0f, 4, 0x77, 8, 0x35, 0x13), plain);
	/* *(rbp - 16), then rbp by an expression of the CFA, then one of rbp */
	cr_assert_eq(ROW_OF(0x0f, 4, 0x76, 0, 0x23, 8), cfi_pack(CFI_RBP, 8, CFI_RBP_KEPT, 0));
	cr_assert_eq(ROW_OF(0x0f, 3, 0x76, 0x70, 0x06), cfi_pack(CFI_AT_RBP, -16, CFI_RBP_KEPT, 0));
	cr_assert_eq(
		ROW_OF(0x10, 6, 3, 0x09, 0xf0, 0x22), cfi_pack(CFI_RSP, 8, CFI_RBP_AT_CFA, -16));
	cr_assert_eq(ROW_OF(0x10, 6, 2, 0x76, 0x78), cfi_pack(CFI_RSP, 8, CFI_RBP_AT_RBP, -8));
	/* rsp is the CFA: said once more */
	cr_assert_eq(ROW_OF(0x14, 7, 0), plain);
	/* Not to be said: rsp elsewhere, other registers, two of them, a word and more, nothing. */
	cr_assert_eq(ROW_OF(0x14, 7, 1), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 2, 0x73, 8), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 5, 0x77, 8, 0x76, 8, 0x22), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 5, 0x77, 8, 0x06, 0x23, 8), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 3, 0x77, 8, 0x1f), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 1, 0x22), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x0f, 0), CFI_UNKNOWN);
	cr_assert_eq(
		ROW_OF(0x0f, 9, 0x31, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12), CFI_UNKNOWN);
}

/* Too large a product wraps round, which must be no undefined behaviour: a sanitizer ends the test. */
Test(cfi, multiplies_as_libgcc_does)
{
#define LARGEST 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f
#define LOWEST 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f
	cr_assert_eq(ROW_OF(0x86, LARGEST), cfi_pack(CFI_RSP, 8, CFI_RBP_AT_CFA, 8));
	cr_assert_eq(ROW_OF(0x05, 6, LARGEST), cfi_pack(CFI_RSP, 8, CFI_RBP_AT_CFA, 8));
	cr_assert_eq(ROW_OF(0x11, 16, LOWEST), CFI_UNKNOWN);
	cr_assert_eq(ROW_OF(0x13, LOWEST), cfi_pack(CFI_RSP, 0, CFI_RBP_KEPT, 0));
	cr_assert_eq(ROW_OF(0x12, 7, LOWEST), cfi_pack(CFI_RSP, 0, CFI_RBP_KEPT, 0));
}

/* rsp + 8 + ((rip & 15) >= 11) * 8, as ld describes the entries of a PLT. */
Test(cfi, follows_a_plt)
{
	static const uint8_t program[] = {
		0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
	uint8_t *memory = aligned_alloc(16, SIZE + 16);

	make(memory);
	put_fde(memory, PLAIN, SIGNAL_CIE, CIE, 8, 16, program, sizeof program);
	for (int pc = 8; pc < 24; pc++)
		is_row(memory, pc, CFI_RSP, pc % 16 >= 11 ? 16 : 8, CFI_RBP_KEPT, 0);
	free(memory);
}

/* Under the address sanitizer a read beyond the module ends the test. */
Test(cfi, reads_nothing_beyond_the_module)
{
	uint8_t whole[SIZE];

	make(whole);
	for (size_t size = HEADER + 1; size <= SIZE; size++) {
		uint8_t *module = malloc(size);

		memcpy(module, whole, size);
		for (int pc = 0; pc < CODE; pc++)
			cr_assert_neq(cfi_kind(row_at(module, size, pc)), CFI_NONE);
		if (size == HEADER + 40)
			cr_assert_eq(cfi_kind(row_at(module, size, 9)), CFI_UNKNOWN);
		free(module);
	}
	for (int at = HEADER; at < SIZE; at++)
		for (int value = 0; value < 256; value++) {
			uint8_t *module = malloc(SIZE);

			make(module);
			module[at] = (uint8_t)value;
			for (int pc = 8; pc < 52; pc += 4)
				cr_assert_neq(cfi_kind(row_at(module, SIZE, pc)), CFI_NONE);
			free(module);
		}
}
