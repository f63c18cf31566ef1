/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See haven.h. Static functions of libc have no names where it is stripped, but the linker lays what is of one source file side by
 * side: malloc.c's are what lies between the first and the last of its exported functions, and the gaps about them.
 */
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include "remote/errand.h"
#include "remote/haven.h"
#include "remote/peek.h"

enum { FRAMES = 256, ROOM = 64 << 10, RED_ZONE = 128, STACK_MOST = 8 << 20, PIECE = 64 << 10, OUTERMOST = 4 };

static bool has(const struct haven_range *range, uint64_t pc)
{
	return pc - range->start < range->end - range->start;
}

static const char *const heap_functions[] = { "malloc", "free", "calloc", "realloc", "memalign", "valloc", "pvalloc", "malloc_trim",
	"malloc_usable_size", "mallinfo", "mallopt", "malloc_stats", "malloc_info", "posix_memalign", "aligned_alloc" };

/* What calls others, or the kernel, with a lock of the loader's, of malloc's or of thread stacks held. */
static const char *const locked_functions[] = { "dl_iterate_phdr", "pthread_create", "fork", "_Fork", "vfork", "exit", "pthread_exit",
	"__libc_freeres", "pthread_getattr_np", "pthread_setattr_default_np", "posix_spawn", "system" };

static struct haven_range function_range(const struct names *names, const char *name)
{
	uint64_t at = names_find(names, name), start, end;

	if (!at)
		return (struct haven_range){ 0, 0 };
	names_between(names, at, &start, &end);
	return (struct haven_range){ at, end };
}

static void find_heap(struct haven *haven)
{
	uint64_t low = -1ull, high = 0, start, end;

	for (size_t i = 0; i < sizeof heap_functions / sizeof *heap_functions; i++) {
		uint64_t at = names_find(&haven->libc, heap_functions[i]);

		low = at && at < low ? at : low;
		high = at > high ? at : high;
	}
	names_between(&haven->libc, low, &start, &end);
	haven->heap.start = start;
	names_between(&haven->libc, high, &start, &end);
	haven->heap.end = end;
	/* Where they do not lie side by side. */
	for (size_t i = 0; i < sizeof heap_functions / sizeof *heap_functions; i++) {
		struct haven_range range = function_range(&haven->libc, heap_functions[i]);

		if (range.end > range.start && haven->n_functions < HAVEN_FUNCTIONS && !has(&haven->heap, range.start))
			haven->functions[haven->n_functions++] = range;
	}
}

/* Libraries that bring a malloc of their own. */
static void find_allocators(struct haven *haven)
{
	static const char *const names[] = { "libjemalloc", "libtcmalloc", "libtcmalloc_minimal", "libmimalloc", "libhoard", "libdlmalloc",
		"libscudo", "libsnmallocshim" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct maps_entry *entry = maps_library(&haven->maps, names[i]);

		if (entry && haven->n_allocators < HAVEN_MODULES)
			haven->allocators[haven->n_allocators++] =
				(struct haven_range){ entry->start, maps_file_end(&haven->maps, entry) };
	}
}

static void find_own(struct haven *haven)
{
	for (size_t i = 0; i < haven->maps.entries.count; i++) {
		const struct maps_entry *entry = &haven->maps.entries.items[i];
		struct names names;

		if (entry->offset || !strstr(entry->path, "libmemtrace"))
			continue;
		if (names_read(&names, haven->pid, &haven->maps, entry) && names_find(&names, "memtrace_join"))
			haven->own = (struct haven_range){ names.start, names.end };
		names_free(&names);
	}
}

int haven_open(struct haven *haven, pid_t pid, struct error *err)
{
	const struct maps_entry *libc, *loader;

	memset(haven, 0, sizeof *haven);
	haven->pid = pid;
	if (maps_read(&haven->maps, pid, err) < 0)
		return -1;
	libc = maps_library(&haven->maps, "libc");
	loader = maps_library(&haven->maps, "ld-linux-x86-64");
	if (!loader)
		loader = maps_library(&haven->maps, "ld");
	haven->returner = errand_returner(pid, &haven->maps);
	if (!libc || !loader || !names_read(&haven->libc, pid, &haven->maps, libc) ||
		!names_find(&haven->libc, "gnu_get_libc_version"))
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: no glibc is loaded in it", (int)pid);
	if (!haven->returner)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: its libc has no __restore_rt", (int)pid);
	haven->loader = (struct haven_range){ loader->start, maps_file_end(&haven->maps, loader) };
	find_heap(haven);
	for (size_t i = 0; i < sizeof locked_functions / sizeof *locked_functions; i++)
		if (haven->n_functions < HAVEN_FUNCTIONS)
			haven->functions[haven->n_functions++] = function_range(&haven->libc, locked_functions[i]);
	find_allocators(haven);
	find_own(haven);
	haven->stacks = stacks_new(pid);
	if (!haven->stacks)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot unwind the stacks of process %d", (int)pid);
	return 0;
}

void haven_close(struct haven *haven)
{
	stacks_free(haven->stacks);
	names_free(&haven->libc);
	maps_free(&haven->maps);
	memset(haven, 0, sizeof *haven);
}

int haven_again(struct haven *haven, struct error *err)
{
	maps_free(&haven->maps);
	if (maps_read(&haven->maps, haven->pid, err) < 0)
		return -1;
	find_own(haven);
	stacks_forget(haven->stacks);
	return 0;
}

/* A place where a thread with a lock may stand. */
static bool is_locked(const struct haven *haven, uint64_t pc)
{
	bool found = has(&haven->loader, pc) || has(&haven->heap, pc) || has(&haven->own, pc);

	for (size_t i = 0; i < haven->n_functions; i++)
		found |= has(&haven->functions[i], pc);
	for (size_t i = 0; i < haven->n_allocators; i++)
		found |= has(&haven->allocators[i], pc);
	return found;
}

/* The thread's own stack, which has room: that of the kernel, or the one where its thread pointer leads to. A stack that the program has
 * laid out itself may end anywhere. */
static const struct maps_entry *own_stack(struct haven *haven, const struct user_regs_struct *registers)
{
	const struct maps_entry *entry = maps_find(&haven->maps, registers->rsp);
	struct error err = ERROR_INIT;

	if (!entry || (strcmp(entry->path, "[stack]") != 0 && !(registers->fs_base - entry->start < entry->end - entry->start))) {
		/* It may be new. */
		maps_free(&haven->maps);
		if (maps_read(&haven->maps, haven->pid, &err) < 0)
			return NULL;
		entry = maps_find(&haven->maps, registers->rsp);
	}
	if (!entry)
		return NULL;
	if (strcmp(entry->path, "[stack]") == 0)
		return entry;
	if (registers->fs_base < registers->rsp || registers->fs_base >= entry->end || registers->rsp - entry->start < ROOM)
		return NULL;
	return entry;
}

/* Between two instructions that the kernel would have begun anew, had it been interrupted (rseq(2)). */
static bool is_in_sequence(const struct process_thread *thread)
{
	struct { uint64_t at; uint32_t size, signature, flags, pad; } known = { 0 };
	uint64_t sequence = 0;

	if (ptrace(0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */, thread->tid, sizeof known, &known) < (long)sizeof known || !known.at)
		return false;
	return peek(thread->tid, known.at + 8, &sequence, sizeof sequence) && sequence != 0;
}

bool haven_has_room(struct haven *haven, const struct process_thread *thread)
{
	struct user_regs_struct registers;

	return thread->state == THREAD_STOPPED && thread_registers(thread, &registers) && registers.cs == 0x33 &&
	       own_stack(haven, &registers) && !is_in_sequence(thread);
}

/* Those that change what the loader and malloc own, and those that end or multiply threads: who makes them may hold a lock. */
static bool is_calm(long number)
{
	static const long others[] = { SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_clone, SYS_fork,
		SYS_vfork, SYS_exit, SYS_exit_group, SYS_execve, SYS_execveat, SYS_rt_sigreturn, 435 /* clone3 */ };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (number == others[i])
			return false;
	return true;
}

/* No word of the stack leads into a place like that. */
static bool is_clean(const struct haven *haven, uint64_t from, const struct maps_entry *stack)
{
	static uint64_t words[PIECE / sizeof(uint64_t)];
	uint64_t end = stack->end - from < STACK_MOST ? stack->end : from + STACK_MOST;

	for (uint64_t at = from & -8ul; at < end; at += sizeof words) {
		size_t got = peek_some(haven->pid, at, words, end - at < sizeof words ? end - at : sizeof words);

		if (!got)
			return false;
		for (size_t i = 0; i < got / sizeof *words; i++)
			if (is_locked(haven, words[i]))
				return false;
	}
	return true;
}

/* In the middle of a function of libc's, but for those that begin threads: only a sleep is known to be innocent. */
static bool is_inside_libc(const struct haven *haven, const struct stack_frame *frames, size_t n)
{
	const struct haven_range libc = { haven->libc.start, haven->libc.end };
	size_t outer = n;

	while (outer > 0 && n - outer < OUTERMOST && (has(&libc, frames[outer - 1].pc) || outer == n))
		outer--;
	for (size_t i = 0; i < outer; i++)
		if (has(&libc, frames[i].pc))
			return true;
	return n == 0 || has(&libc, frames[0].pc);
}

bool haven_is_free(struct haven *haven, const struct process_thread *thread)
{
	struct stack_frame frames[FRAMES];
	struct user_regs_struct registers;
	const struct maps_entry *stack;
	bool whole, sleeps;
	size_t n;

	if (!haven_has_room(haven, thread) || !thread_registers(thread, &registers))
		return false;
	stack = own_stack(haven, &registers);
	sleeps = (long)registers.orig_rax >= 0;
	if (!stack || (sleeps && !is_calm((long)registers.orig_rax)) || is_locked(haven, registers.rip))
		return false;
	n = stack_walk(haven->stacks, thread->tid, &registers, frames, FRAMES, &whole);
	for (size_t i = 0; i < n; i++)
		if (is_locked(haven, frames[i].pc))
			return false;
	if (!whole && !is_clean(haven, registers.rsp - RED_ZONE, stack))
		return false;
	return sleeps || !is_inside_libc(haven, frames, n);
}

/* What lies on its stack, word by word: no frame can be missed, but what is found may be long out of date. False: there may be more, since
 * the stack is large, or not the thread's only one: signals may be handled on another. */
static bool read_words(struct haven *haven, const struct user_regs_struct *registers, bool *own)
{
	static uint64_t words[PIECE / sizeof(uint64_t)];
	uint64_t from = (registers->rsp - RED_ZONE) & -8ul;
	const struct maps_entry *stack = own_stack(haven, registers);
	size_t got = peek_some(haven->pid, from, words, sizeof words);
	bool signals = false;

	*own = false;
	for (size_t i = 0; i < got / sizeof *words; i++) {
		*own |= has(&haven->own, words[i]);
		signals |= words[i] == haven->returner;
	}
	return stack && !signals && got > RED_ZONE && (got < sizeof words || stack->end - from <= sizeof words);
}

enum haven_place haven_place(struct haven *haven, const struct process_thread *thread)
{
	struct stack_frame frames[FRAMES];
	struct user_regs_struct registers;
	enum haven_place place = HAVEN_ELSEWHERE;
	bool all, own, whole;
	size_t n;

	if (!thread_registers(thread, &registers))
		return HAVEN_ELSEWHERE;
	if (has(&haven->loader, registers.rip))
		place = HAVEN_IN_LOADER;
	if (haven->own.start == haven->own.end)
		return place;
	if (has(&haven->own, registers.rip))
		return HAVEN_IN_OWN;
	/* Some microseconds, where a walk takes hundreds while everything stands still. */
	all = read_words(haven, &registers, &own);
	if (all && !own)
		return place;
	n = stack_walk(haven->stacks, thread->tid, &registers, frames, FRAMES, &whole);
	for (size_t i = 0; i < n; i++)
		if (has(&haven->own, frames[i].pc))
			return HAVEN_IN_OWN;
	return !whole && own ? HAVEN_IN_OWN : place;
}
