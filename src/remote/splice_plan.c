/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See splice_plan.h. In the splice's code each function has its place:
 *
 *	| jmp *row.hook(%rip) | its beginning, jmp back | unwind information |
 *	  here leads the jump    row.moved
 *
 * Where a function leaves no room for a jump of five bytes, one of two leads to that in a gap nearby. Where not even two bytes can be had, one
 * could be: int3. But who takes the trap? A tracer, and with it would die the program; or a handler of SIGTRAP, which the program would
 * see, and which a mask, or a debugger, keeps from being called. So such a function stays as it is.
 *
 * Functions of several names (free, operator delete and operator delete[] of tcmalloc) have one place, and a row for each name. The
 * jump leads to the hook of the plainest.
 */
#include <stdlib.h>
#include <string.h>
#include "remote/branches.h"
#include "remote/gaps.h"
#include "remote/instruction.h"
#include "remote/moved_entry.h"
#include "remote/nameless.h"
#include "remote/splice_plan.h"

enum { STUB = SPLICE_STUB, STUB_JUMP = 6, SHORT_REACH = 130, PLACE = SHORT_REACH + 2 * RELOCATE_JUMP };

struct making {
	struct splice_plan *plan;
	const struct object *program;
	const struct splice_places *places;
	struct branches branches;
	struct gaps gaps;
};

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
/* That are watched for other reasons than what they allocate. */
static const char *const others[] = { "execve", "execveat", "prctl", "syscall", "pthread_setname_np", "_exit", "_Exit", "confstr", "__clone",
	"__clone3", "_Unwind_Find_FDE", "malloc_usable_size" };
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

static bool is_taken_from(const struct splice_plan *plan, uint64_t at, size_t size)
{
	for (size_t i = 0; i < plan->jumps.count; i++)
		if (at + size > plan->jumps.items[i].at && at < plan->jumps.items[i].at + plan->jumps.items[i].size)
			return true;
	return false;
}

static bool is_taken(const struct splice_plan *plan, uint64_t at)
{
	return is_taken_from(plan, at, RELOCATE_JUMP);
}

/* Room for a jump between functions, within reach of a short jump from AT, all as addresses of the file; 0: there is none. */
static uint64_t find_room(const struct making *making, uint64_t at)
{
	const uint64_t bias = making->places->bias;
	uint8_t jump[RELOCATE_SHORT];

	for (size_t i = 0; i < making->gaps.items.count; i++) {
		const struct gap *gap = &making->gaps.items.items[i];

		if (gap->end + SHORT_REACH < at || gap->start > at + SHORT_REACH)
			continue;
		/* From its end: the function before it may need its beginning, by which it is too short. */
		for (uint64_t room = gap->end - RELOCATE_JUMP; room >= gap->start; room--)
			if (relocate_short_jump(jump, at, room) && !is_taken(making->plan, bias + room) &&
				gaps_is_free(&making->gaps, gap, room, RELOCATE_JUMP))
				return room;
	}
	return 0;
}

/* The jump from ROW's function to AT: directly, or where there is ROOM for only a short one over a long one nearby. */
static const char *lead(struct making *making, const struct splice_row *row, size_t room, uint64_t at)
{
	struct splice_jump jump = { .at = row->start, .size = RELOCATE_JUMP }, near = { .size = RELOCATE_SHORT };

	if (room < RELOCATE_JUMP) {
		near.at = jump.at;
		jump.at = find_room(making, near.at - making->places->bias);
		if (!jump.at)
			return "no room for a jump";
		jump.at += making->places->bias;
		relocate_short_jump(near.code, near.at, jump.at);
	}
	if (!relocate_jump(jump.code, jump.at, at))
		return "too far away";
	*ARRAY_PUSH(&making->plan->jumps) = jump;
	if (near.at)
		*ARRAY_PUSH(&making->plan->jumps) = near;
	return NULL;
}

/* Moves FUNCTION's beginning for a jump to AT in its place. NULL, or why not. */
static const char *move_for(struct making *making, const struct splice_row *row, const struct relocate_function *function, size_t room,
	struct relocated *moved)
{
	const uint64_t at = making->places->code + making->plan->code.size, start = row->start - making->places->bias;
	const char *why;

	if (!relocate(function, room, at + STUB, moved, &why))
		return why;
	if (branches_lead_to(&making->branches, (struct branch_range){ start + 1, start + room },
		    (struct branch_range){ start, row->end - making->places->bias }))
		return "a jump to its beginning from elsewhere";
	return lead(making, row, room, at);
}

/* Bytes behind the function at ROW that are nobody's, and whose first no jump has been given. */
static size_t filling_behind(const struct making *making, const struct splice_row *row)
{
	const uint64_t size = row->end - row->start, missing = size < RELOCATE_JUMP ? RELOCATE_JUMP - size : 0;

	return missing && !is_taken_from(making->plan, row->end, missing) ?
		gaps_filling_at(&making->gaps, row->end - making->places->bias, missing) : 0;
}

/* The function at ROW gets its place, and a jump to it. NULL, or why not. */
static const char *move(struct making *making, struct splice_row *row)
{
	const struct splice_places *places = making->places;
	const size_t size = row->end - row->start, behind = filling_behind(making, row);
	const struct relocate_function function = { .size = size, .behind = behind, .from = row->start,
		.code = object_bytes(making->program, row->start - places->bias, size + behind) };
	const uint64_t at = places->code + making->plan->code.size;
	uint8_t place[SPLICE_PLACE];
	struct relocated moved;
	int32_t distance;
	const char *why;

	if (!function.code)
		return "not in the file";
	why = move_for(making, row, &function, RELOCATE_JUMP, &moved);
	if (why && move_for(making, row, &function, RELOCATE_SHORT, &moved))
		return why;
	memset(place, 0xcc, sizeof place);
	distance = (int32_t)(places->splice + (uint64_t)((char *)&row->hook - (char *)making->plan->splice) - (at + STUB_JUMP));
	memcpy(place, "\xff\x25", 2);
	memcpy(place + 2, &distance, sizeof distance);
	memcpy(place + STUB, moved.code, moved.size);
	moved_entry(place + SPLICE_FDE_AT, &moved, (uint32_t)making->plan->code.size);
	buffer_bytes(&making->plan->code, place, sizeof place);
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

/* A function to be taken over by that of the library that has this NAME. */
struct taking {
	const char *name;
	struct branch_range function; /* in the file */
	bool indirect;
};

/* Is there a function of the program for HOOK, an export of the library? A local one is the program's own affair, unless its malloc is, too
 * (linked with hidden visibility), or its name is libc's. */
static bool find_taking(const struct object *program, const struct object_symbol *hook, struct taking *taking)
{
	const struct object_symbol *symbol, *malloc_;

	*taking = (struct taking){ .name = hook->name };
	if (!hook->exported || strlen(hook->name) >= SPLICE_NAME_MAX)
		return false;
	symbol = object_find(program, hook->name);
	if (!symbol)
		return strcmp(hook->name, clones[0]) == 0 && nameless_clone(program, &taking->function);
	taking->function = (struct branch_range){ symbol->value, object_end_of(program, symbol) };
	taking->indirect = symbol->indirect;
	if (!symbol->local || symbol->name[0] == '_')
		return true;
	malloc_ = object_find(program, "malloc");
	return malloc_ && malloc_->local;
}

static void add_row(struct making *making, const struct taking *taking)
{
	struct splice_plan *plan = making->plan;
	struct splice *splice = plan->splice;
	const uint64_t bias = making->places->bias;
	struct splice_row *row = &splice->rows[splice->n_rows], *first = row_at(plan, bias + taking->function.from);
	const char *why;

	*row = (struct splice_row){ .start = bias + taking->function.from, .end = bias + taking->function.to };
	strcpy(row->name, taking->name);
	splice->n_rows++;
	if (first) {
		share(row, first);
		return;
	}
	why = taking->indirect ? "chosen when the program runs" : move(making, row);
	if (why)
		*ARRAY_PUSH(&plan->unmoved) = (struct splice_unmoved){ row->name, why, !IS_ONE_OF(others, row->name) };
}

static void add_rows(struct making *making, const struct object *library)
{
	struct taking takings[SPLICE_ROWS];
	struct branch_range places[SPLICE_ROWS] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < library->symbols.count && n < SPLICE_ROWS; i++)
		if (find_taking(making->program, &library->symbols.items[i], &takings[n])) {
			places[n] = (struct branch_range){ takings[n].function.from - PLACE, takings[n].function.from + PLACE };
			n++;
		}
	branches_find(&making->branches, making->program, places, n);
	gaps_find(&making->gaps, making->program, &making->branches);
	for (size_t i = 0; i < n; i++)
		add_row(making, &takings[i]);
	gaps_free(&making->gaps);
	branches_free(&making->branches);
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
	struct making making = { .plan = plan, .program = program, .places = places };
	uint8_t head[SPLICE_PLACE];

	memset(plan, 0, sizeof *plan);
	plan->splice = xcalloc(1, sizeof *plan->splice);
	plan->splice->magic = SPLICE_MAGIC;
	plan->splice->owner_start = places->bias + program->start;
	plan->splice->owner_end = places->bias + program->end;
	plan->splice->code = places->code;
	plan->splice->code_end = places->code + SPLICE_CODE_MAX;
	memset(head, 0, sizeof head);
	moved_entry_head(head);
	buffer_bytes(&plan->code, head, sizeof head);
	add_rows(&making, library);
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
