/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads .eh_frame (LSB "Exception Frames", DWARF "Call Frame Information"): the sorted table of
 * .eh_frame_hdr leads to the FDE of a pc, that to its CIE, and the programs of both are run up to
 * the pc. A row needs three registers, rbp, rsp and the return address. Expressions are taken as far
 * as they come to one of these plus an offset (cfi_expression.h).
 *
 * Every byte comes through a cursor that ends with the module; what runs over it is CFI_UNKNOWN. So
 * is all that a compiler or libc does not write for common code: other encodings, a CFA by other
 * registers (as in the prologue of a function that aligns its stack), other expressions; some of it
 * unwind_slow.c goes on with, by cfi_look.
 *
 * Cost: a binary search and some tens of bytes read; 600 bytes of stack.
 */
#include "shim/cfi.h"
#include "shim/cfi_expression.h"
#include "shim/cfi_program.h"
#include "shim/equal.h"

/* A cursor over the entry at AT, behind its length. */
static struct cursor entry_at(const struct cfi_module *module, const uint8_t *at)
{
	struct cursor cursor = {at, module->end, at < module->start || at >= module->end};
	uint64_t size;

	if (cursor.bad)
		return (struct cursor){module->end, module->end, true};
	size = cursor_fixed(&cursor, 4);
	if (size == 0 || size > (size_t)(module->end - cursor.at))
		cursor.bad = true;
	else
		cursor.end = cursor.at + size;
	return cursor;
}

static void read_augmentation(
	struct cfi_function *function, struct cursor *cursor, const char *letters)
{
	uint64_t size = cursor_uleb(cursor);
	struct cursor data = *cursor;

	cursor_skip(cursor, size);
	for (; *letters && !data.bad; letters++)
		switch (*letters) {
		case 'R':
			function->encoding = (uint8_t)cursor_fixed(&data, 1);
			break;
		case 'P':
			cursor_pointer(&data, cursor_fixed(&data, 1) & 15);
			break;
		case 'L':
			cursor_fixed(&data, 1);
			break;
		case 'S':
			function->signal = true;
			break;
		default:
			data.bad = true;
		}
	cursor->bad = cursor->bad || data.bad;
}

static bool read_cie(struct cfi_function *function, struct cursor cursor)
{
	const char *letters;
	uint64_t version;

	if (cursor_fixed(&cursor, 4) != 0)
		return false;
	version = cursor_fixed(&cursor, 1);
	if (version != 1 && version != 3)
		return false;
	letters = (const char *)cursor.at;
	while (cursor_fixed(&cursor, 1))
		;
	if (cursor.bad)
		return false;
	function->code_factor = cursor_uleb(&cursor);
	function->data_factor = cursor_sleb(&cursor);
	if (cursor_uleb(&cursor) != CFI_REGISTER_RA)
		return false;
	function->augmented = letters[0] == 'z';
	if (function->augmented)
		read_augmentation(function, &cursor, letters + 1);
	else if (letters[0])
		return false;
	function->first = cursor;
	return !cursor.bad;
}

static bool read_fde(
	const struct cfi_module *module, struct cfi_function *function, const uint8_t *at)
{
	struct cursor cursor = entry_at(module, at);
	const uint8_t *here = cursor.at;
	uint64_t back = cursor_fixed(&cursor, 4);

	if (cursor.bad || back == 0 || back > (size_t)(here - module->start) ||
		!read_cie(function, entry_at(module, here - back)))
		return false;
	function->start = cursor_pointer(&cursor, function->encoding);
	function->end = function->start + cursor_pointer(&cursor, function->encoding & 15);
	if (function->augmented)
		cursor_skip(&cursor, cursor_uleb(&cursor));
	function->rest = cursor;
	return !cursor.bad;
}

/* A signal's code without information, as libgcc and gdb know it too: mov $__NR_rt_sigreturn, %rax;
 * syscall. */
static bool is_trampoline(const struct cfi_module *module, const uint8_t *at)
{
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

	return at < module->code_end && (size_t)(module->code_end - at) >= sizeof code &&
	       equal(at, code, sizeof code);
}

/* By the table of (pc, FDE), sorted by pc, both relative to the header. CFI_NONE: it is found;
 * CFI_FRAME: there is none; CFI_UNKNOWN: it cannot be read. */
static enum cfi_kind find_function(
	const struct cfi_module *module, struct cfi_function *function, uintptr_t pc)
{
	struct cursor cursor = {module->header, module->end, false};
	uint64_t n, low = 0, high;
	const int32_t *table;
	int64_t wanted = (int64_t)(pc - (uintptr_t)module->header);
	bool covered;

	if (cursor_fixed(&cursor, 2) >> 8 != (PE_PC_RELATIVE | PE_SDATA4) ||
		cursor_fixed(&cursor, 1) != PE_UDATA4 || cursor_fixed(&cursor, 1) != PE_TABLE)
		return CFI_UNKNOWN;
	cursor_skip(&cursor, 4);
	n = cursor_fixed(&cursor, 4);
	if (cursor.bad || n == 0 || n > (size_t)(module->end - cursor.at) / 8)
		return CFI_UNKNOWN;
	table = (const int32_t *)(const void *)cursor.at;
	for (high = n; high - low > 1;) {
		uint64_t middle = low + (high - low) / 2;

		if (table[2 * middle] <= wanted)
			low = middle;
		else
			high = middle;
	}
	if (!read_fde(module, function, module->header + table[2 * low + 1]))
		return CFI_UNKNOWN;
	covered = table[2 * low] <= wanted && pc >= function->start && pc < function->end;
	return covered ? CFI_NONE : CFI_FRAME;
}

static uint32_t pack(enum cfi_kind kind, int64_t offset, enum cfi_rbp rbp, int64_t rbp_offset)
{
	uint32_t row = cfi_pack(kind, offset, rbp, rbp_offset);

	return cfi_offset(row) == offset && cfi_rbp_offset(row) == rbp_offset ? row : CFI_UNKNOWN;
}

/* The word that RULE says lies at BASE + OFFSET. */
static bool lies_at(const struct cfi_rule *rule, uintptr_t pc, enum cfi_base base, int64_t *offset)
{
	struct cfi_value value;

	if (rule->kind == CFI_RULE_AT_CFA) {
		*offset = rule->offset;
		return base == CFI_BASE_CFA;
	}
	if (rule->kind != CFI_RULE_EXPRESSION || !cfi_reduce(rule->expression, pc, true, &value))
		return false;
	*offset = value.offset;
	return value.base == base && !value.deref;
}

/* The kernel's frame, as libc describes it: pc, rsp and rbp lie where struct ucontext has them. */
static uint32_t signal_row(const struct cfi_state *state, uintptr_t pc)
{
	struct cfi_value cfa;
	int64_t ra, rbp;
	bool known = state->cfa_expression && cfi_reduce(state->cfa_expression, pc, false, &cfa) &&
		     lies_at(&state->rules[CFI_PLACE_RA], pc, CFI_BASE_RSP, &ra) &&
		     lies_at(&state->rules[CFI_PLACE_RBP], pc, CFI_BASE_RSP, &rbp);

	return known && cfa.base == CFI_BASE_RSP && cfa.deref && cfa.offset == 160 && ra == 168 &&
			       rbp == 120
		       ? CFI_SIGNAL
		       : CFI_UNKNOWN;
}

/* CFI_UNKNOWN: a row cannot say it. */
static enum cfi_kind cfa_of(const struct cfi_state *state, uintptr_t pc, int64_t *offset)
{
	struct cfi_value value = {.offset = state->cfa_offset};

	if (state->cfa_expression) {
		if (!cfi_reduce(state->cfa_expression, pc, false, &value))
			return CFI_UNKNOWN;
	} else if (state->cfa_register == CFI_REGISTER_RSP) {
		value.base = CFI_BASE_RSP;
	} else if (state->cfa_register == CFI_REGISTER_RBP) {
		value.base = CFI_BASE_RBP;
	}
	*offset = value.offset;
	if (value.base == CFI_BASE_RSP)
		return value.deref ? CFI_UNKNOWN : CFI_RSP;
	if (value.base == CFI_BASE_RBP)
		return value.deref ? CFI_AT_RBP : CFI_RBP;
	return CFI_UNKNOWN;
}

static uint32_t make_row(const struct cfi_state *state, uintptr_t pc)
{
	int64_t offset, rbp_offset = 0, ra;
	enum cfi_rbp rbp = CFI_RBP_KEPT;
	enum cfi_kind kind = cfa_of(state, pc, &offset);

	if (kind == CFI_UNKNOWN || !lies_at(&state->rules[CFI_PLACE_RA], pc, CFI_BASE_CFA, &ra) || ra != -8 ||
		state->rules[CFI_PLACE_RSP].kind != CFI_RULE_SAME)
		return CFI_UNKNOWN;
	/* Like libgcc, an undefined rbp is taken for one that is kept. */
	if (lies_at(&state->rules[CFI_PLACE_RBP], pc, CFI_BASE_CFA, &rbp_offset))
		rbp = CFI_RBP_AT_CFA;
	else if (lies_at(&state->rules[CFI_PLACE_RBP], pc, CFI_BASE_RBP, &rbp_offset))
		rbp = CFI_RBP_AT_RBP;
	else if (state->rules[CFI_PLACE_RBP].kind != CFI_RULE_SAME && state->rules[CFI_PLACE_RBP].kind != CFI_RULE_UNDEFINED)
		return CFI_UNKNOWN;
	return pack(kind, offset, rbp, rbp_offset);
}

/* A return address with no code before it, and with which a function begins, was put there by hand:
 * so makecontext marks the first frame of a new stack. */
static bool is_made_by_hand(const struct cfi_module *module, uintptr_t return_address)
{
	struct cfi_function function = {0};

	return find_function(module, &function, return_address) == CFI_NONE &&
	       function.start == return_address;
}

/* Of a pc that nothing is said about. */
static uint32_t bare_row(const struct cfi_module *module, uintptr_t pc)
{
	if (is_trampoline(module, (const uint8_t *)pc + 1))
		return CFI_SIGNAL;
	return is_made_by_hand(module, pc + 1) ? (uint32_t)CFI_END : cfi_frame_row();
}

enum cfi_kind cfi_look(
	const struct cfi_module *module, uintptr_t pc, struct cfi_state *state, bool *signal)
{
	struct cfi_function function = {0};
	enum cfi_kind found;

	if (module->header < module->start || module->header >= module->end)
		return CFI_UNKNOWN;
	found = find_function(module, &function, pc);
	if (found != CFI_NONE)
		return found;
	*signal = function.signal;
	return cfi_run(&function, state, pc) ? CFI_NONE : CFI_UNKNOWN;
}

uint32_t cfi_row(const struct cfi_module *module, uintptr_t pc)
{
	struct cfi_state state;
	bool signal;
	enum cfi_kind found = cfi_look(module, pc, &state, &signal);

	if (found == CFI_FRAME)
		return bare_row(module, pc);
	if (found != CFI_NONE)
		return found;
	if (state.rules[CFI_PLACE_RA].kind == CFI_RULE_UNDEFINED)
		return CFI_END;
	return signal ? signal_row(&state, pc) : make_row(&state, pc);
}
