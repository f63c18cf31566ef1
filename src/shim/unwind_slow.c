/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks with all registers that a callee keeps, from this function through the shim's own frames to
 * the hook's callers: for what a row cannot say, such as a CFA by rbx or r12, or expressions.
 *
 * Here unwind information may send us anywhere, and where it lies, it does. So each word is asked
 * for before it is read, once a page: the kernel says whether it is there (sys_is_readable). Where
 * no system call is allowed only the stack is read, as far as it is known. A walk that does not
 * come nearer to the root, or comes to code that nothing is said about, ends.
 *
 * Cost: a microsecond a frame; 1 KiB of stack.
 */
#include "shim/cfi.h"
#include "shim/cfi_expression.h"
#include "shim/cfi_program.h"
#include "shim/channel.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/unwind.h"

enum { PAGE_BITS = 12, NUMBERS = 16, KEPT = 0xf0c8 /* rbx, rbp, rsp, r12 to r15 */ };

enum step { STEP_DONE, STEP_SIGNAL, STEP_END, STEP_UNTOLD, STEP_BROKEN };

struct walk {
	struct cfi_registers registers; /* first: what cfi_registers' load is given */
	uint64_t pc;			/* as in trail_frame */
	uint64_t low, top;		/* of the stack, where nobody can be asked */
	uint64_t page;			/* that was found readable, 0: none */
};

static bool load(const struct cfi_registers *registers, uint64_t address, uint64_t *word)
{
	struct walk *walk = (struct walk *)registers;

	if (address % 8 != 0)
		return false;
	if (address >> PAGE_BITS != walk->page) {
		if (channel.jail ? address < walk->low || address >= walk->top
				 : !sys_is_readable((const void *)address))
			return false;
		walk->page = address >> PAGE_BITS;
	}
	*word = *(const volatile uint64_t *)address;
	return true;
}

/* Of a caller the others are known only if a signal has interrupted it. */
static bool find_cfa(const struct walk *walk, const struct cfi_state *state, uint64_t *cfa)
{
	if (state->cfa_expression)
		return cfi_evaluate(
			state->cfa_expression, walk->pc - 1, &walk->registers, NULL, cfa);
	if (state->cfa_register >= NUMBERS || !(walk->registers.known >> state->cfa_register & 1))
		return false;
	*cfa = walk->registers.value[state->cfa_register] + (uint64_t)state->cfa_offset;
	return true;
}

/* False: it is not known in the caller. */
static bool restore(
	const struct walk *walk, const struct cfi_rule *rule, uint64_t cfa, uint64_t *value)
{
	uint64_t address;

	switch (rule->kind) {
	case CFI_RULE_AT_CFA:
		return load(&walk->registers, cfa + (uint64_t)(int64_t)rule->offset, value);
	case CFI_RULE_EXPRESSION:
		return cfi_evaluate(
			       rule->expression, walk->pc - 1, &walk->registers, &cfa, &address) &&
		       load(&walk->registers, address, value);
	default:
		return false;
	}
}

static bool keeps(const struct cfi_rule *rule)
{
	/* Like libgcc, one that is undefined is taken for one that is kept. */
	return rule->kind == CFI_RULE_SAME || rule->kind == CFI_RULE_UNDEFINED;
}

static enum step to_caller(struct walk *walk, const struct cfi_state *state)
{
	static const uint8_t numbers[CFI_PLACES] = {[CFI_PLACE_RBX] = CFI_REGISTER_RBX,
		[CFI_PLACE_RBP] = CFI_REGISTER_RBP,
		[CFI_PLACE_RSP] = CFI_REGISTER_RSP,
		[CFI_PLACE_R12] = CFI_REGISTER_R12,
		CFI_REGISTER_R12 + 1,
		CFI_REGISTER_R12 + 2,
		CFI_REGISTER_R15};
	struct cfi_registers caller = walk->registers;
	uint64_t cfa, pc;

	if (state->rules[CFI_PLACE_RA].kind == CFI_RULE_UNDEFINED)
		return STEP_END;
	if (!find_cfa(walk, state, &cfa) || !restore(walk, &state->rules[CFI_PLACE_RA], cfa, &pc))
		return STEP_BROKEN;
	caller.known &= KEPT;
	for (int i = 0; i < CFI_PLACE_RA; i++) {
		const struct cfi_rule *rule = &state->rules[i];
		uint64_t value;

		if (keeps(rule))
			continue;
		caller.known &= ~(1u << numbers[i]);
		if (restore(walk, rule, cfa, &value)) {
			caller.value[numbers[i]] = value;
			caller.known |= 1u << numbers[i];
		}
	}
	if (state->rules[CFI_PLACE_RSP].kind == CFI_RULE_SAME) {
		caller.value[CFI_REGISTER_RSP] = cfa;
		caller.known |= 1u << CFI_REGISTER_RSP;
	}
	if (!(caller.known >> CFI_REGISTER_RSP & 1) ||
		caller.value[CFI_REGISTER_RSP] <= walk->registers.value[CFI_REGISTER_RSP])
		return STEP_BROKEN;
	walk->registers = caller;
	walk->pc = pc;
	return pc ? STEP_DONE : STEP_END;
}

/* rsp is at the context that a signal has saved: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp,
 * rip (struct sigcontext). */
static enum step to_interrupted(struct walk *walk)
{
	static const uint8_t numbers[] = {8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7};
	const uint64_t context = walk->registers.value[CFI_REGISTER_RSP];
	struct cfi_registers caller = walk->registers;
	uint64_t pc;

	for (int i = 0; i < NUMBERS; i++)
		if (!load(&walk->registers, context + CONTEXT_R8 + 8 * (uint64_t)i,
			    &caller.value[numbers[i]]))
			return STEP_BROKEN;
	if (!load(&walk->registers, context + CONTEXT_RIP, &pc))
		return STEP_BROKEN;
	caller.known = (1u << NUMBERS) - 1;
	walk->registers = caller;
	walk->pc = pc + 1;
	return STEP_SIGNAL;
}

/* From a frame to its caller. */
static enum step step(struct walk *walk)
{
	struct cfi_module module;
	struct cfi_state state;
	bool signal;

	if (!walk->pc)
		return STEP_END;
	if (!rows_module(walk->pc - 1, &module))
		return STEP_UNTOLD;
	switch (cfi_kind(rows_get(walk->pc - 1))) {
	case CFI_END:
		return STEP_END;
	case CFI_SIGNAL:
		return to_interrupted(walk);
	default:
		break;
	}
	switch (cfi_look(&module, walk->pc - 1, &state, &signal)) {
	case CFI_NONE:
		return to_caller(walk, &state);
	case CFI_FRAME:
		return STEP_UNTOLD;
	default:
		return STEP_BROKEN;
	}
}

/* The registers as they are here, and then as they are in the caller of the hook at FRAME. */
static __attribute__((noinline)) bool begin(struct walk *walk, uintptr_t frame)
{
	uint64_t *value = walk->registers.value;

	*walk = (struct walk){.registers = {.known = KEPT, .load = load},
		.low = (uintptr_t)__builtin_frame_address(0) - RED_ZONE,
		.top = unwind_top_of(frame)};
	/* pc is that of an instruction, like an interrupted one. */
	__asm__ volatile("lea	1f+1(%%rip), %0\n"
			 "1:	mov	%%rbx, 24(%1)\n"
			 "	mov	%%rbp, 48(%1)\n"
			 "	mov	%%rsp, 56(%1)\n"
			 "	mov	%%r12, 96(%1)\n"
			 "	mov	%%r13, 104(%1)\n"
			 "	mov	%%r14, 112(%1)\n"
			 "	mov	%%r15, 120(%1)\n"
			 : "=&r"(walk->pc)
			 : "r"(value)
			 : "memory");
	while (value[CFI_REGISTER_RSP] != frame + 16)
		if (!real_is_shim(walk->pc) || step(walk) != STEP_DONE)
			return false;
	return true;
}

enum unwind_past unwind_past(uintptr_t frame, struct unwind_state *state)
{
	struct walk walk;
	enum step stepped = STEP_DONE;
	uint64_t *value = walk.registers.value;

	if (!begin(&walk, frame))
		return UNWIND_BROKEN;
	for (uint32_t n = 0; n < TRAIL_MOST && stepped <= STEP_SIGNAL; n++) {
		bool there = value[CFI_REGISTER_RSP] == state->rsp && walk.pc == state->pc;

		stepped = step(&walk);
		if (!there)
			continue;
		if (stepped > STEP_SIGNAL)
			return stepped == STEP_END ? UNWIND_END : UNWIND_BROKEN;
		if (!(walk.registers.known >> CFI_REGISTER_RBP & 1))
			value[CFI_REGISTER_RBP] = 0;
		*state = (struct unwind_state){
			walk.pc, value[CFI_REGISTER_RSP], value[CFI_REGISTER_RBP]};
		return UNWIND_PAST;
	}
	return UNWIND_BROKEN;
}
