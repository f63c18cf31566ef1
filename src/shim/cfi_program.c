/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs call frame instructions (DW_CFA_*): see cfi_program.h. Rules of registers that are not
 * followed are read over; an unknown instruction ends the run, and so do more than a few saved
 * states.
 */
#include "shim/cfi_program.h"

enum { MAX_SAVED = 4 };

struct program {
	struct cursor bytes;
	const struct cfi_function *function;
	const struct cfi_state *initial;
	uintptr_t location;
	struct cfi_state saved[MAX_SAVED];
	unsigned int n_saved;
};

static struct cfi_rule *rule_of(struct cfi_state *state, uint64_t number)
{
	switch (number) {
	case CFI_REGISTER_RBX:
		return &state->rules[CFI_PLACE_RBX];
	case CFI_REGISTER_RBP:
		return &state->rules[CFI_PLACE_RBP];
	case CFI_REGISTER_RSP:
		return &state->rules[CFI_PLACE_RSP];
	case CFI_REGISTER_R12 ... CFI_REGISTER_R15:
		return &state->rules[CFI_PLACE_R12 + number - CFI_REGISTER_R12];
	case CFI_REGISTER_RA:
		return &state->rules[CFI_PLACE_RA];
	default:
		return NULL;
	}
}

static void set_rule(
	struct cfi_state *state, uint64_t number, enum cfi_rule_kind kind, int64_t offset)
{
	struct cfi_rule *rule = rule_of(state, number);

	if (!rule)
		return;
	*rule = (struct cfi_rule){.kind = kind, .offset = (int32_t)offset};
	if (rule->offset != offset)
		rule->kind = CFI_RULE_OTHER;
}

/* The register's value is the CFA, or the CFA and something: the first is true of rsp anyway. */
static void set_value(struct cfi_state *state, uint64_t number, bool is_cfa)
{
	set_rule(state, number,
		number == CFI_REGISTER_RSP && is_cfa ? CFI_RULE_SAME : CFI_RULE_OTHER, 0);
}

static void restore_rule(struct program *program, struct cfi_state *state, uint64_t number)
{
	struct cfi_state initial = *program->initial;
	struct cfi_rule *rule = rule_of(state, number);

	if (rule)
		*rule = *rule_of(&initial, number);
}

static const uint8_t *expression(struct cursor *bytes)
{
	const uint8_t *at = bytes->at;

	cursor_skip(bytes, cursor_uleb(bytes));
	return at;
}

/* OFFSET times the CIE's factor; too large a product wraps round, as in libgcc. */
static int64_t factored(const struct program *program, uint64_t offset)
{
	return (int64_t)(offset * (uint64_t)program->function->data_factor);
}

/* DW_CFA_*: where a register lies. False: OP is none of these. */
static bool do_rule(struct program *program, struct cfi_state *state, uint8_t op)
{
	struct cursor *bytes = &program->bytes;
	uint64_t number = op & 0x3f;

	if (op >> 6 == 3) {
		restore_rule(program, state, number);
		return true;
	}
	if (op >> 6 == 2) {
		set_rule(state, number, CFI_RULE_AT_CFA, factored(program, cursor_uleb(bytes)));
		return true;
	}
	if (!((op >= 0x05 && op <= 0x09) || op == 0x10 || op == 0x11 || (op >= 0x14 && op <= 0x16)))
		return false;
	number = cursor_uleb(bytes);
	switch (op) {
	case 0x05: /* offset_extended */
		set_rule(state, number, CFI_RULE_AT_CFA, factored(program, cursor_uleb(bytes)));
		break;
	case 0x06: /* restore_extended */
		restore_rule(program, state, number);
		break;
	case 0x07: /* undefined */
		set_rule(state, number, CFI_RULE_UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_rule(state, number, CFI_RULE_SAME, 0);
		break;
	case 0x10: /* expression */
		set_rule(state, number, CFI_RULE_EXPRESSION, 0);
		if (rule_of(state, number))
			rule_of(state, number)->expression = bytes->at;
		expression(bytes);
		break;
	case 0x11: /* offset_extended_sf */
		set_rule(
			state, number, CFI_RULE_AT_CFA, factored(program, cursor_leb(bytes, true)));
		break;
	case 0x14: /* val_offset */
		set_value(state, number, cursor_uleb(bytes) == 0);
		break;
	case 0x15: /* val_offset_sf */
		set_value(state, number, cursor_sleb(bytes) == 0);
		break;
	case 0x16: /* val_expression */
		set_rule(state, number, CFI_RULE_OTHER, 0);
		expression(bytes);
		break;
	default: /* register */
		set_rule(state, number, CFI_RULE_OTHER, 0);
		cursor_leb(bytes, false);
	}
	return true;
}

/* DW_CFA_def_cfa…, and what else changes no place. False: OP is unknown. */
static bool do_cfa(struct program *program, struct cfi_state *state, uint8_t op)
{
	struct cursor *bytes = &program->bytes;

	switch (op) {
	case 0x00: /* nop */
		return true;
	case 0x0a: /* remember_state */
		if (program->n_saved == MAX_SAVED)
			return false;
		program->saved[program->n_saved++] = *state;
		return true;
	case 0x0b: /* restore_state */
		if (program->n_saved == 0)
			return false;
		*state = program->saved[--program->n_saved];
		return true;
	case 0x0c: /* def_cfa */
	case 0x12: /* def_cfa_sf */
		state->cfa_register = cursor_uleb(bytes);
		state->cfa_offset = op == 0x0c ? (int64_t)cursor_uleb(bytes)
					       : factored(program, cursor_leb(bytes, true));
		state->cfa_expression = NULL;
		return true;
	case 0x0d: /* def_cfa_register */
		state->cfa_register = cursor_uleb(bytes);
		state->cfa_expression = NULL;
		return true;
	case 0x0e: /* def_cfa_offset */
		state->cfa_offset = (int64_t)cursor_uleb(bytes);
		return true;
	case 0x0f: /* def_cfa_expression */
		state->cfa_expression = expression(bytes);
		return true;
	case 0x13: /* def_cfa_offset_sf */
		state->cfa_offset = factored(program, cursor_leb(bytes, true));
		return true;
	case 0x2e: /* GNU_args_size */
		cursor_uleb(bytes);
		return true;
	default:
		return false;
	}
}

/* DW_CFA_advance_loc…: the place to which what follows applies. False: OP is none of these. */
static bool do_advance(struct program *program, uint8_t op)
{
	if (op >> 6 == 1)
		program->location += (op & 0x3f) * program->function->code_factor;
	else if (op >= 0x02 && op <= 0x04)
		program->location += cursor_fixed(&program->bytes, 1u << (op - 2)) *
				     program->function->code_factor;
	else if (op == 0x01)
		program->location = cursor_pointer(&program->bytes, program->function->encoding);
	else
		return false;
	return true;
}

/* Runs BYTES as far as it is about PC. False: it cannot be read. */
static bool run(struct program *program, struct cursor bytes, struct cfi_state *state, uintptr_t pc)
{
	program->bytes = bytes;
	program->n_saved = 0;
	while (program->bytes.at < program->bytes.end && program->location <= pc) {
		uint8_t op = (uint8_t)cursor_fixed(&program->bytes, 1);

		if (!do_advance(program, op) && !do_rule(program, state, op) &&
			!do_cfa(program, state, op))
			return false;
		if (program->bytes.bad)
			return false;
	}
	return true;
}

bool cfi_run(const struct cfi_function *function, struct cfi_state *state, uintptr_t pc)
{
	struct cfi_state initial = {0};
	struct program program = {.function = function, .initial = &initial};

	*state = initial;
	if (!run(&program, function->first, state, UINTPTR_MAX))
		return false;
	initial = *state;
	program.location = function->start;
	return run(&program, function->rest, state, pc);
}
