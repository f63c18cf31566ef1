/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes a splice up: each row's function becomes what is called as the real one, and its jump is led to a hook. The order matters only
 * for a signal's handler: real first.
 *
 * A static program's hooks are the blob's. Beside a dynamic linker there are hooks twice, of one source (see the Makefile): malloc, to
 * which the linker leads, and splice_malloc, to which a jump does. So the program's own malloc may look for the next one, find ours, and
 * come to libc's, as it would without us.
 */
#include "shim/splice.h"
#include "shim/real.h"
#include "shim/shim.h"

static const struct splice *taken;

struct slot {
	const char *name, *hook;
	void **real;
};

#ifdef MEMTRACE_BLOB
#include "shim/blob/clones.h"
#define DECLARE(result, name, params) extern const char hook_##name[] __asm__(#name);
#define SLOT(result, name, params) {#name, hook_##name, (void **)&real.name},
SHIM_HOOKS(DECLARE)
CLONES_HOOKS(DECLARE)
static const struct slot slots[] = {SHIM_HOOKS(SLOT) CLONES_SLOTS};
#else
#define SPLICED(X) SHIM_HOOKS_C(X) SHIM_HOOKS_CXX(X) SHIM_HOOKS_MAP(X)
#define DECLARE(result, name, params) extern const char splice_##name[] SHIM_HIDDEN;
#define SLOT(result, name, params) {#name, splice_##name, (void **)&real_spliced.name},
struct real real_spliced;
SPLICED(DECLARE)
static const struct slot slots[] = {SPLICED(SLOT)};

/* What these hooks call of the shim leads through here, by the names that the Makefile gives it: they keep general registers, and this the
 * vector registers, which the rest of the shim, and libc for it, may use. And they align the stack, which such a caller needs not do
 * either (gcc's -fipa-stack-alignment). */
#define EACH(X)                                                                                    \
	X("0", "0") X("1", "16") X("2", "32") X("3", "48") X("4", "64") X("5", "80")               \
	X("6", "96") X("7", "112") X("8", "128") X("9", "144") X("10", "160") X("11", "176")       \
	X("12", "192") X("13", "208") X("14", "224") X("15", "240")
#define KEEP(n, at) "	movups %xmm" n ", " at "(%rsp)\n"
#define GIVE(n, at) "	movups " at "(%rsp), %xmm" n "\n"
#define KEPT(name)                                                                                 \
	__asm__(".text\n"                                                                          \
		".globl kept_" name "\n"                                                           \
		".hidden kept_" name "\n"                                                          \
		".type kept_" name ", @function\n"                                                 \
		"kept_" name ":\n"                                                                 \
		".cfi_startproc\n"                                                                 \
		"	pushq %rbp\n"                                                              \
		"	.cfi_def_cfa_offset 16\n"                                                  \
		"	.cfi_offset rbp, -16\n"                                                    \
		"	movq %rsp, %rbp\n"                                                         \
		"	.cfi_def_cfa_register rbp\n"                                               \
		"	subq $256, %rsp\n"                                                         \
		"	andq $-16, %rsp\n" EACH(KEEP) "	call " name "\n" EACH(GIVE)                 \
		"	leave\n"                                                                   \
		"	.cfi_def_cfa rsp, 8\n"                                                     \
		"	ret\n"                                                                     \
		".cfi_endproc\n"                                                                   \
		".size kept_" name ", . - kept_" name "\n");
KEPT("call_begin_slow")
KEPT("tell_alloc_of")
KEPT("tell_free_of")
KEPT("tell_move_of")
KEPT("tell_map")
KEPT("tell_unmap")
KEPT("tell_undo")
KEPT("life_start")
KEPT("real_find_cxx")
KEPT("arena_allocate")
KEPT("arena_free")
#endif

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void take_row(struct splice_row *row)
{
	for (size_t i = 0; row->moved && i < sizeof slots / sizeof *slots; i++)
		if (same(slots[i].name, row->name)) {
			*slots[i].real = (void *)row->moved;
			if (row->leads)
				atomic_store(&row->hook, (uintptr_t)slots[i].hook);
		}
}

void splice_take_up(struct splice *splice)
{
	taken = splice;
	real_cxx_is_ours |= splice->flags & SPLICE_OPERATORS;
	for (uint32_t i = 0; i < splice->n_rows && i < SPLICE_ROWS; i++)
		take_row(&splice->rows[i]);
}

bool splice_has_malloc(void)
{
	for (uint32_t i = 0; taken && i < taken->n_rows; i++)
		if (same(taken->rows[i].name, "malloc") && taken->rows[i].moved)
			return true;
	return false;
}

bool splice_is_allocator(uintptr_t pc)
{
	if (!taken || pc - taken->owner_start >= taken->owner_end - taken->owner_start)
		return false;
	for (uint32_t i = 0; i < taken->n_outside && i < SPLICE_OUTSIDE; i++)
		if (pc - taken->outside[i].start < taken->outside[i].end - taken->outside[i].start)
			return false;
	return true;
}

uintptr_t splice_origin(uintptr_t pc)
{
	if (!taken || pc - taken->code >= taken->code_end - taken->code)
		return pc;
	for (uint32_t i = 0; i < taken->n_rows && i < SPLICE_ROWS; i++) {
		const struct splice_row *row = &taken->rows[i];

		if (row->leads && pc - row->moved < SPLICE_MOVED_MAX)
			return row->start + (pc - row->moved < row->taken ? pc - row->moved : row->taken);
	}
	return pc;
}

const void *splice_unwinding(uintptr_t pc, uintptr_t *function)
{
	if (!taken || pc - taken->code >= taken->code_end - taken->code || pc - taken->code < SPLICE_PLACE)
		return NULL;
	*function = pc - (pc - taken->code) % SPLICE_PLACE;
	return pc - *function < SPLICE_FDE_AT ? (const void *)(*function + SPLICE_FDE_AT) : NULL;
}
