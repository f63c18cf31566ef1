/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See splice_plan.h. In the splice's code each function has its place:
 *
 *	| jmp *row.hook(%rip) | its beginning, jmp back |
 *	  here leads the jump    row.moved
 *
 * Functions of several names (free, operator delete and operator delete[] of tcmalloc) have one place, and a row for each name. The
 * jump leads to the hook of the plainest.
 */
#include <stdlib.h>
#include <string.h>
#include "remote/splice_plan.h"
#include "remote/instruction.h"

enum { STUB = 16, STUB_JUMP = 6, PAGE = 4096 };

/* What glibc and musl ask for themselves by the functions that the program calls: there these calls lead to the moved functions. */
static const char *const mapping[] = { "mmap", "mmap64", "munmap", "mremap", "brk", "sbrk" };
static const char *const mappers[] = { /* stacks, thread-local storage, locales */
	"pthread_create", "__pthread_create_2_1", "__pthread_create", "allocate_stack", "__libc_setup_tls", "_dl_early_allocate",
	"__nptl_deallocate_stack", "__nptl_free_stacks", "_dl_map_object_from_fd", "_nl_load_locale", "_nl_load_locale_from_archive",
	"__gconv_load_cache", "__init_tls", "static_init_tls", "start_thread", "start", "__pthread_exit", "sem_open", "__sem_open" };
static const char *const freeing[] = { "free", "cfree" };
static const char *const freers[] = { /* at a thread's end, of what malloc keeps at hand, and the program has freed before */
	"__malloc_arena_thread_freeres", "tcache_thread_shutdown" };
#define N_OF(names) (sizeof names / sizeof *names)
static const struct bypass {
	const char *const *callers;
	size_t n_callers;
	const char *const *called;
	size_t n_called;
} bypasses[] = {
	{ mappers, N_OF(mappers), mapping, N_OF(mapping) },
	{ freers, N_OF(freers), freeing, N_OF(freeing) },
};
/* What allocates, and frees, for an exception that operator new throws. */
static const char *const outside[] = { "__cxa_allocate_exception", "__cxa_allocate_dependent_exception", "__cxa_free_exception",
	"__cxa_free_dependent_exception" };
static const char *const plain[] = { "malloc", "free", "calloc", "realloc" };
/* By which threads are made; and their libraries call nothing else. */
static const char *const clones[] = { "__clone", "__clone3" };

#define IS_ONE_OF(names, name) is_one_of(names, N_OF(names), name)
static bool is_one_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_operator(const char *name)
{
	return strncmp(name, "_Znw", 4) == 0 || strncmp(name, "_Zna", 4) == 0 || strncmp(name, "_Zdl", 4) == 0 || strncmp(name, "_Zda", 4) == 0;
}

const struct splice_row *splice_plan_row(const struct splice_plan *plan, const char *name)
{
	for (uint32_t i = 0; i < plan->splice->n_rows; i++)
		if (strcmp(plan->splice->rows[i].name, name) == 0)
			return &plan->splice->rows[i];
	return NULL;
}

static struct splice_row *row_at(const struct splice_plan *plan, uint64_t start)
{
	for (uint32_t i = 0; i < plan->splice->n_rows; i++)
		if (plan->splice->rows[i].start == start)
			return &plan->splice->rows[i];
	return NULL;
}

static bool is_taken(const struct splice_plan *plan, uint64_t at)
{
	for (size_t i = 0; i < plan->jumps.count; i++)
		if (at + RELOCATE_JUMP > plan->jumps.items[i].at && at < plan->jumps.items[i].at + plan->jumps.items[i].size)
			return true;
	return false;
}

/* Room for a jump between functions, within reach of a short jump from the function at ROW; 0: there is none. */
static uint64_t find_room(const struct splice_plan *plan, const struct object *program, const struct splice_row *row, uint64_t bias)
{
	const uint64_t start = row->start - bias, end = row->end - bias;
	const uint64_t gaps[][2] = { { object_gap_before(program, start), start }, { end, object_gap_behind(program, end) } };

	for (size_t i = 0; i < 2; i++) {
		uint64_t size = gaps[i][1] - gaps[i][0], at = bias + (i ? gaps[i][0] : gaps[i][1] - RELOCATE_JUMP);
		const uint8_t *bytes = object_bytes(program, gaps[i][0], size);

		if (size >= RELOCATE_JUMP && size < PAGE && bytes && relocate_is_filling(bytes, size) && !is_taken(plan, at))
			return at;
	}
	return 0;
}

/* The jump from FUNCTION's beginning, behind what MOVED has skipped, to AT: directly, or where only a short one fits over a long one
 * nearby. */
static const char *lead(struct splice_plan *plan, const struct object *program, const struct splice_row *row, uint64_t at,
	const struct relocated *moved, uint64_t bias)
{
	struct splice_jump jump = { .at = row->start, .size = RELOCATE_JUMP }, near = { .size = RELOCATE_SHORT };

	if (moved->taken < RELOCATE_JUMP) {
		near.at = jump.at;
		jump.at = find_room(plan, program, row, bias);
		if (!jump.at || !relocate_short_jump(near.code, near.at, jump.at))
			return "no room for a jump";
	}
	if (!relocate_jump(jump.code, jump.at, at))
		return "too far away";
	*ARRAY_PUSH(&plan->jumps) = jump;
	if (near.at)
		*ARRAY_PUSH(&plan->jumps) = near;
	return NULL;
}

/* The function at ROW gets its place, and a jump to it. NULL, or why not. */
static const char *move(struct splice_plan *plan, const struct object *program, struct splice_row *row, const struct splice_places *places)
{
	const struct relocate_function function = { .size = row->end - row->start, .from = row->start,
		.code = object_bytes(program, row->start - places->bias, row->end - row->start) };
	uint64_t at = places->code + plan->code.size;
	uint8_t place[SPLICE_CODE_EACH];
	struct relocated moved;
	int32_t distance;
	const char *why, *why_short;

	if (!function.code)
		return "not in the file";
	if (!relocate(&function, RELOCATE_JUMP, at + STUB, &moved, &why) &&
		!relocate(&function, RELOCATE_SHORT, at + STUB, &moved, &why_short))
		return why;
	why_short = lead(plan, program, row, at, &moved, places->bias);
	if (why_short)
		return why ? why : why_short;
	memset(place, 0xcc, sizeof place);
	distance = (int32_t)(places->splice + (uint64_t)((char *)&row->hook - (char *)plan->splice) - (at + STUB_JUMP));
	memcpy(place, "\xff\x25", 2);
	memcpy(place + 2, &distance, sizeof distance);
	memcpy(place + STUB, moved.code, moved.size);
	buffer_bytes(&plan->code, place, sizeof place);
	row->moved = at + STUB;
	row->hook = row->moved;
	row->leads = 1;
	row->taken = (uint32_t)moved.taken;
	return NULL;
}

/* ROW is of the function that FIRST is of, by which the jump leads; that has the plainer name. */
static void share(struct splice_row *row, struct splice_row *first)
{
	char name[SPLICE_NAME_MAX];

	row->moved = first->moved;
	row->hook = first->moved;
	if (!IS_ONE_OF(plain, row->name))
		return;
	memcpy(name, row->name, sizeof name);
	memcpy(row->name, first->name, sizeof name);
	memcpy(first->name, name, sizeof name);
}

static void add_row(struct splice_plan *plan, const struct object *program, const struct object_symbol *hook,
	const struct splice_places *places)
{
	const struct object_symbol *symbol = object_find(program, hook->name), *malloc_ = object_find(program, "malloc");
	struct splice *splice = plan->splice;
	struct splice_row *row, *first;
	const char *why;

	/* A local function is the program's own affair, unless its malloc is, too (linked with hidden visibility), or its name is libc's. */
	if (!symbol || splice->n_rows == SPLICE_ROWS || strlen(hook->name) >= SPLICE_NAME_MAX ||
		(symbol->local && symbol->name[0] != '_' && !(malloc_ && malloc_->local)))
		return;
	first = row_at(plan, places->bias + symbol->value);
	row = &splice->rows[splice->n_rows];
	*row = (struct splice_row){ .start = places->bias + symbol->value,
		.end = places->bias + object_end_of(program, symbol) };
	strcpy(row->name, hook->name);
	splice->n_rows++;
	if (first) {
		share(row, first);
		return;
	}
	why = symbol->indirect ? "chosen when the program runs" : move(plan, program, row, places);
	if (why)
		*ARRAY_PUSH(&plan->unmoved) = (struct splice_unmoved){ row->name, why };
}

/* Calls in the function SYMBOL that would lead to a jump lead to the moved function. */
static void lead_past(struct splice_plan *plan, const struct object *program, const struct object_symbol *symbol, const struct bypass *bypass)
{
	const uint64_t bias = plan->splice->owner_start - program->start;
	uint64_t size = object_end_of(program, symbol) - symbol->value;
	const uint8_t *code = object_bytes(program, symbol->value, size);
	struct instruction instruction;

	for (uint64_t at = 0; code && at < size && instruction_read(code + at, size - at, &instruction); at += instruction.length) {
		uint64_t from = bias + symbol->value + at;
		const struct splice_row *row;
		struct splice_call call;

		if (instruction.relative_size != sizeof call.distance)
			continue;
		row = row_at(plan, instruction_target(code + at, &instruction, from));
		if (!row || !row->moved || !is_one_of(bypass->called, bypass->n_called, row->name))
			continue;
		call.at = from + instruction.relative_at;
		call.distance = (int32_t)(row->moved - (from + instruction.length));
		*ARRAY_PUSH(&plan->calls) = call;
	}
}

/* Is what stands at AT moved, or written over? */
static bool is_moved(const struct splice_plan *plan, uint64_t at)
{
	for (uint32_t i = 0; i < plan->splice->n_rows; i++)
		if (at - plan->splice->rows[i].start < plan->splice->rows[i].taken)
			return true;
	return is_taken(plan, at);
}

/* The same for all of a C library, whose functions may be known by no name: what looks like a call of one of these is one. */
static void lead_all_past(struct splice_plan *plan, const struct object *library)
{
	enum { CALL = 0xe8, JUMP = 0xe9 };
	const uint64_t bias = plan->splice->owner_start - library->start;

	for (size_t i = 0; i < library->segments.count; i++) {
		const Elf64_Phdr *segment = &library->segments.items[i];
		const uint8_t *code = segment->p_type == PT_LOAD && (segment->p_flags & PF_X) ?
			object_bytes(library, segment->p_vaddr, segment->p_filesz) : NULL;

		for (uint64_t at = 0; code && at + RELOCATE_JUMP <= segment->p_filesz; at++) {
			const uint64_t from = bias + segment->p_vaddr + at, end = from + RELOCATE_JUMP;
			const struct splice_row *row;
			int32_t distance;

			if (code[at] != CALL && code[at] != JUMP)
				continue;
			memcpy(&distance, code + at + 1, sizeof distance);
			row = row_at(plan, end + (uint64_t)(int64_t)distance);
			if (row && row->moved && IS_ONE_OF(mapping, row->name) && !is_moved(plan, from))
				*ARRAY_PUSH(&plan->calls) = (struct splice_call){ from + 1, (int32_t)(row->moved - end) };
		}
	}
}

static void add_names(struct splice_plan *plan, const struct object *program)
{
	struct splice *splice = plan->splice;
	const uint64_t bias = splice->owner_start - program->start;

	for (size_t i = 0; i < N_OF(bypasses); i++)
		for (size_t k = 0; k < bypasses[i].n_callers; k++) {
			const struct object_symbol *symbol = object_find(program, bypasses[i].callers[k]);

			if (symbol)
				lead_past(plan, program, symbol, &bypasses[i]);
		}
	for (size_t i = 0; i < N_OF(outside); i++) {
		const struct object_symbol *symbol = object_find(program, outside[i]);

		if (symbol)
			splice->outside[splice->n_outside++] = (struct splice_range){ .start = bias + symbol->value,
				.end = bias + object_end_of(program, symbol) + 1 /* a return address may stand there */ };
	}
}

/* Can a thread be made, and its making not be seen? */
static bool hides_threads(const struct splice_plan *plan, const struct object *program)
{
	bool seen = false;

	for (size_t i = 0; i < N_OF(clones); i++) {
		const struct splice_row *row = splice_plan_row(plan, clones[i]);

		if (row && !row->moved)
			return true;
		seen |= row != NULL;
	}
	return !seen && (object_find(program, "pthread_create") || object_find(program, "__pthread_create"));
}

static uint32_t flags_of(const struct splice_plan *plan, const struct object *program)
{
	uint32_t flags = SPLICE_OPERATORS | (hides_threads(plan, program) ? SPLICE_THREADS_UNSEEN : 0);

	for (size_t i = 0; i < plan->unmoved.count; i++)
		if (is_operator(plan->unmoved.items[i].name))
			flags &= ~(uint32_t)SPLICE_OPERATORS;
	return flags;
}

void splice_plan_make(struct splice_plan *plan, const struct object *program, const struct object *library, const struct splice_places *places)
{
	memset(plan, 0, sizeof *plan);
	plan->splice = xcalloc(1, sizeof *plan->splice);
	plan->splice->magic = SPLICE_MAGIC;
	plan->splice->owner_start = places->bias + program->start;
	plan->splice->owner_end = places->bias + program->end;
	plan->splice->code = places->code;
	plan->splice->code_end = places->code + SPLICE_CODE_MAX;
	for (size_t i = 0; i < library->symbols.count; i++)
		if (library->symbols.items[i].exported)
			add_row(plan, program, &library->symbols.items[i], places);
	add_names(plan, program);
	if (places->libc)
		lead_all_past(plan, program);
	plan->splice->flags = flags_of(plan, program);
}

void splice_plan_free(struct splice_plan *plan)
{
	free(plan->splice);
	buffer_free(&plan->code);
	ARRAY_FREE(&plan->jumps);
	ARRAY_FREE(&plan->calls);
	ARRAY_FREE(&plan->unmoved);
}
