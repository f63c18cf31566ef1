/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Evaluates a DWARF expression, with rsp, rbp and the CFA left open or with all registers at hand:
 * see cfi_expression.h.
 *
 * A row belongs to one pc, so rip is a constant; that makes one of the expression that every
 * lazily bound PLT has, rsp + 8 + ((rip & 15) >= 11) * 8 (x86-64 psABI's example PLT as ld
 * describes it). An open value may have constants added and be dereferenced once, as the last
 * thing; all else works on constants only. Other registers, branches and calls are not followed.
 *
 * Cost: a few nanoseconds an operator, once for each pc; 200 bytes of stack.
 */
#include "shim/cfi_expression.h"

enum { MOST = 8, RBP = 6, RSP = 7, RIP = 16 };

struct machine {
	struct cursor bytes;
	uintptr_t pc;
	const struct cfi_registers *registers; /* NULL: they are left open */
	struct cfi_value stack[MOST];
	unsigned int n;
	bool bad;
};

static void push(struct machine *machine, enum cfi_base base, int64_t offset)
{
	if (machine->n == MOST)
		machine->bad = true;
	else
		machine->stack[machine->n++] = (struct cfi_value){.base = base, .offset = offset};
}

/* The value DEPTH places below the top. */
static struct cfi_value *peek(struct machine *machine, unsigned int depth)
{
	if (depth >= machine->n) {
		machine->bad = true;
		machine->n = depth + 1;
	}
	return &machine->stack[machine->n - 1 - depth];
}

static void push_register(struct machine *machine, uint64_t number)
{
	uint64_t offset = (uint64_t)cursor_sleb(&machine->bytes);

	if (number == RIP)
		push(machine, CFI_BASE_NONE, (int64_t)(machine->pc + offset));
	else if (machine->registers && number < RIP && machine->registers->known >> number & 1)
		push(machine, CFI_BASE_NONE, (int64_t)(machine->registers->value[number] + offset));
	else if (!machine->registers && (number == RSP || number == RBP))
		push(machine, number == RSP ? CFI_BASE_RSP : CFI_BASE_RBP, (int64_t)offset);
	else
		machine->bad = true;
}

/* The word at the top, in its place. */
static void dereference(struct machine *machine, struct cfi_value *top)
{
	uint64_t word = 0;

	if (machine->registers) {
		machine->bad = machine->bad || !machine->registers->load(machine->registers,
						       (uint64_t)top->offset, &word);
		top->offset = (int64_t)word;
	} else {
		machine->bad = machine->bad || top->deref || !top->base;
		top->deref = true;
	}
}

/* DW_OP_const1u to const8s, constu, consts, lit0 to lit31. False: OP is none of these. */
static bool do_constant(struct machine *machine, uint8_t op)
{
	struct cursor *bytes = &machine->bytes;
	uint64_t value;

	if (op >= 0x30 && op <= 0x4f) {
		value = op - 0x30u;
	} else if (op >= 0x08 && op <= 0x0f) {
		unsigned int unused = 64 - (8u << (op - 8) / 2);

		value = cursor_fixed(bytes, 1u << (op - 8) / 2);
		if (op % 2)
			value = (uint64_t)((int64_t)(value << unused) >> unused);
	} else if (op == 0x10 || op == 0x11) {
		value = cursor_leb(bytes, op == 0x11);
	} else {
		return false;
	}
	push(machine, CFI_BASE_NONE, (int64_t)value);
	return true;
}

/* Of two constants; booleans are 1 and 0, comparisons are signed. */
static int64_t calculate(struct machine *machine, uint8_t op, int64_t left, int64_t right)
{
	const uint64_t a = (uint64_t)left, b = (uint64_t)right;

	switch (op) {
	case 0x1a: /* and */
		return left & right;
	case 0x1c: /* minus */
		return (int64_t)(a - b);
	case 0x1e: /* mul */
		return (int64_t)(a * b);
	case 0x21: /* or */
		return left | right;
	case 0x22: /* plus */
		return (int64_t)(a + b);
	case 0x24: /* shl */
		return b < 64 ? (int64_t)(a << b) : 0;
	case 0x25: /* shr */
		return b < 64 ? (int64_t)(a >> b) : 0;
	case 0x26: /* shra */
		return left >> (b < 64 ? b : 63);
	case 0x27: /* xor */
		return left ^ right;
	case 0x29: /* eq */
		return left == right;
	case 0x2a: /* ge */
		return left >= right;
	case 0x2b: /* gt */
		return left > right;
	case 0x2c: /* le */
		return left <= right;
	case 0x2d: /* lt */
		return left < right;
	case 0x2e: /* ne */
		return left != right;
	default:
		machine->bad = true;
		return 0;
	}
}

static void do_binary(struct machine *machine, uint8_t op)
{
	struct cfi_value right = *peek(machine, 0), *left = peek(machine, 1);
	struct cfi_value first = *left;
	bool open = first.base || right.base, plus = op == 0x22;

	machine->n--;
	machine->bad = machine->bad || first.deref || right.deref ||
		       (open && !plus && (op != 0x1c || right.base)) || (first.base && right.base);
	left->base = first.base ? first.base : right.base;
	left->offset = calculate(machine, op, first.offset, right.offset);
}

/* What takes one value, or moves some. */
static void do_other(struct machine *machine, uint8_t op)
{
	struct cfi_value *top = peek(machine, 0), value = *top;

	switch (op) {
	case 0x06: /* deref */
		dereference(machine, top);
		break;
	case 0x12: /* dup */
		push(machine, value.base, value.offset);
		break;
	case 0x13: /* drop */
		machine->n--;
		break;
	case 0x16: /* swap */
		*top = *peek(machine, 1);
		*peek(machine, 1) = value;
		break;
	case 0x23: /* plus_uconst */
		push(machine, CFI_BASE_NONE, (int64_t)cursor_uleb(&machine->bytes));
		do_binary(machine, 0x22);
		break;
	default:
		do_binary(machine, op);
	}
	if (op == 0x12 && value.deref)
		machine->bad = true;
}

/* The top of the stack at the end; false: something is not to be followed. */
static bool evaluate(struct machine *machine, const uint8_t *expression, struct cfi_value *value)
{
	/* A LEB128 of 64 bits has 10 bytes at most. */
	struct cursor length = {expression, expression + 10, false};
	uint64_t size = cursor_uleb(&length);

	machine->bytes = (struct cursor){length.at, length.at + size, length.bad};
	while (machine->bytes.at < machine->bytes.end && !machine->bad) {
		uint8_t op = (uint8_t)cursor_fixed(&machine->bytes, 1);

		if (op >= 0x70 && op <= 0x8f)
			push_register(machine, op - 0x70u);
		else if (op == 0x92)
			push_register(machine, cursor_uleb(&machine->bytes));
		else if (!do_constant(machine, op) && op != 0x96)
			do_other(machine, op);
		machine->bad = machine->bad || machine->bytes.bad;
	}
	if (machine->bad || machine->n == 0)
		return false;
	*value = machine->stack[machine->n - 1];
	return true;
}

bool cfi_reduce(const uint8_t *expression, uintptr_t pc, bool with_cfa, struct cfi_value *value)
{
	struct machine machine = {.pc = pc};

	if (with_cfa)
		push(&machine, CFI_BASE_CFA, 0);
	return evaluate(&machine, expression, value);
}

bool cfi_evaluate(const uint8_t *expression, uintptr_t pc, const struct cfi_registers *registers,
	const uint64_t *cfa, uint64_t *value)
{
	struct machine machine = {.pc = pc, .registers = registers};
	struct cfi_value top;

	if (cfa)
		push(&machine, CFI_BASE_NONE, (int64_t)*cfa);
	if (!evaluate(&machine, expression, &top))
		return false;
	*value = (uint64_t)top.offset;
	return true;
}
