/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A build that distrusts the walk: see unwind_verify.h. It is a build of its own, since it costs a
 * hundred times what it watches.
 *
 * Each walk is done again by libgcc, which knows nothing of rows or of what was remembered of the
 * last walk, and must give the same frames. Where libgcc ends because a pc has no unwind
 * information, a walk may go further, by the frame pointer; then what libgcc saw must be how ours
 * begins. What libgcc saw is kept, as a hash, with the trace id that came of it; where a trace id
 *is found without a walk, libgcc must see just that again.
 *
 * Differences are written at once, the first few as text; counts at the end of the process, as one
 * line (so those of a process that ends by _exit or a signal are not told):
 *
 *	verify PID EXE walks=N different=N left=N further=N
 *	left N at MODULE+0xOFFSET row 0xROW                   what rows could not say, by the pc
 *behind it
 *
 * No allocation, no lock: counters, a table that pcs are put into by compare and swap, and one
 * buffer for text that whoever comes second does without.
 */
#include "shim/unwind_verify.h"

#ifdef MEMTRACE_VERIFY_UNWIND

#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "shim/channel.h"
#include "shim/real.h"
#include "shim/rows.h"
#include "shim/shim.h"
#include "shim/sys.h"
#include "shim/unwind.h"

enum { ON_STACK = 128, TOLD_MAX = 3, REASONS = 256, TEXT = 16384, TRACES = 1 << 24 };

static _Atomic uint64_t n_walks, n_different, n_left, n_further;
static struct reason {
	_Atomic uint64_t pc, count;
	_Atomic uint32_t row;
} reasons[REASONS];
/* By trace id. */
static struct trace {
	_Atomic uint64_t hash, depth;
} * traces;
static char file[4096];
static uint64_t stop_every;
static _Atomic int counted_pid;

static struct text {
	_Atomic bool taken;
	size_t size;
	char bytes[TEXT];
} text;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	size_t room = sizeof text.bytes - text.size;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text.bytes + text.size, room, format, arguments);
	va_end(arguments);
	if (size > 0)
		text.size += (size_t)size < room ? (size_t)size : room - 1;
}

static void add_pc(uint64_t pc)
{
	struct dl_find_object object;

	if (real_find_object((void *)(pc - 1), &object) == 0)
		add("%s+0x%lx",
			object.dlfo_link_map->l_name[0] ? object.dlfo_link_map->l_name : "exe",
			pc - object.dlfo_link_map->l_addr);
	else
		add("0x%lx", pc);
}

static bool begin_text(void)
{
	if (atomic_exchange(&text.taken, true))
		return false;
	text.size = 0;
	return true;
}

/* One write, so that the lines of several processes do not mix. */
static void end_text(void)
{
	long fd = -1;

	if (file[0])
		fd = SYS_CALL(SYS_openat, AT_FDCWD, (long)file,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	SYS_CALL(SYS_write, fd < 0 ? 2 : fd, (long)text.bytes, (long)text.size);
	if (fd >= 0)
		sys_close((int)fd);
	atomic_store(&text.taken, false);
}

static void add_process(const char *what)
{
	char exe[256];
	long size =
		SYS_CALL(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)exe, sizeof exe);

	add("%s %d %.*s", what, sys_getpid(), size < 0 ? 0 : (int)size, exe);
}

static void add_stack(const char *name, const uint64_t *pcs, size_t n, size_t around)
{
	for (size_t i = around < 4 ? 0 : around - 4; i < n && i < around + 8; i++) {
		add("\t%s %zu ", name, i);
		add_pc(pcs[i]);
		add("\n");
	}
}

/* A walk's result. */
struct stack {
	uint64_t *pcs;
	size_t n;
};

static void tell_different(const struct stack *ours, const struct stack *theirs, uint32_t id)
{
	size_t at = 0;

	if (atomic_fetch_add(&n_different, 1) >= TOLD_MAX || !begin_text())
		return;
	while (at < ours->n && at < theirs->n && ours->pcs[at] == theirs->pcs[at])
		at++;
	add_process("DIFFERENT");
	if (ours->pcs)
		add(" at frame %zu of %zu, by libgcc %zu or more\n", at, ours->n, theirs->n);
	else
		add(" from what trace %u was before\n", id);
	add_stack("ours  ", ours->pcs, ours->n, at);
	add_stack("libgcc", theirs->pcs, theirs->n, at);
	end_text();
}

/* Does nothing say who called the code at PC? Then libgcc ends there. */
static bool is_bare(uint64_t pc)
{
	return cfi_kind(rows_get(pc - 1)) == CFI_FRAME;
}

static void compare(const struct stack *ours, const struct stack *theirs)
{
	size_t n = ours->n < theirs->n ? ours->n : theirs->n, i = 0;

	while (i < n && ours->pcs[i] == theirs->pcs[i])
		i++;
	if (i == n && ours->n == theirs->n)
		return;
	if (i == n && n > 0 && theirs->n < ours->n && is_bare(theirs->pcs[n - 1]))
		atomic_fetch_add(&n_further, 1);
	else
		tell_different(ours, theirs, 0);
}

/* What libgcc saw where trace ID was told; a stack that is cut is a trace by its depth and the
 * frames that are kept. */
static void compare_trace(const struct stack *theirs, uint32_t id, bool first)
{
	const struct stack none = {0};
	uint64_t limit = channel.frames_limit, hash = theirs->n + 1;
	struct trace *trace = id < TRACES ? &traces[id] : NULL;

	for (size_t i = 0; i < theirs->n && i < limit; i++)
		hash = trail_mix(hash, theirs->pcs[i]);
	if (!trace)
		return;
	if (first && !atomic_load(&trace->hash)) {
		atomic_store(&trace->depth, theirs->n);
		atomic_store(&trace->hash, hash);
	} else if (atomic_load(&trace->hash) != hash && atomic_load(&trace->hash)) {
		tell_different(&none, theirs, id);
	}
}

/* A forked child begins to count anew, and its traces are others. */
static void begin_counting(void)
{
	int pid = (int)channel.process->pid;

	if (likely(atomic_load_explicit(&counted_pid, memory_order_relaxed) == pid))
		return;
	atomic_store(&counted_pid, pid);
	if (!traces)
		traces = sys_mmap(TRACES * sizeof *traces,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	else
		SYS_CALL(SYS_madvise, (long)traces, TRACES * sizeof *traces, MADV_DONTNEED);
	atomic_store(&n_walks, 0);
	atomic_store(&n_different, 0);
	atomic_store(&n_left, 0);
	atomic_store(&n_further, 0);
	for (size_t i = 0; i < REASONS; i++)
		atomic_store(&reasons[i].count, 0);
	atomic_store(&text.taken, false);
}

static __attribute__((noinline)) void stop(uintptr_t hook, const struct stack *ours)
{
	__asm__ volatile("int3"
			 :
			 : "a"(UNWIND_VERIFY_MAGIC), "D"(ours->pcs), "S"(ours->n), "c"(hook));
}

/* Room for the frames of both walks, and one more of libgcc's. */
struct place {
	uint64_t *pcs;
	size_t n;
};

static void verify(
	uintptr_t hook, const struct trail *trail, uint32_t id, const struct place *place)
{
	struct stack ours = {.pcs = trail ? place->pcs : NULL}, theirs = {.pcs = place->pcs};
	uint64_t walks = atomic_fetch_add(&n_walks, 1) + 1;

	for (uint32_t i = trail ? trail->n : 0; i-- > 0;)
		if (trail_is_told(&trail->frames[i]))
			ours.pcs[ours.n++] = trail->frames[i].pc;
	theirs.pcs += ours.n;
	theirs.n = unwind_slowly(hook, theirs.pcs, place->n - ours.n);
	if (trail)
		compare(&ours, &theirs);
	if (id)
		compare_trace(&theirs, id, trail != NULL);
	/* Where libgcc gave up early its walk does not stand for ours. */
	if (unlikely(stop_every) && walks % stop_every == 0 &&
		(trail || (theirs.n > 0 && !is_bare(theirs.pcs[theirs.n - 1]))))
		stop(hook, trail ? &ours : &theirs);
}

static __attribute__((noinline)) void verify_on_stack(
	uintptr_t hook, const struct trail *trail, uint32_t id, size_t n)
{
	uint64_t pcs[n];

	verify(hook, trail, id, &(struct place){pcs, n});
}

void unwind_verify(uintptr_t hook, const struct trail *trail, uint32_t id)
{
	struct place place = {0};

	/* A jail takes neither mmap nor a destructor's writes. */
	if (channel.jail)
		return;
	begin_counting();
	if (!traces)
		return;
	place.n = trail ? 2 * (size_t)trail->n + 1
			: (id < TRACES ? atomic_load(&traces[id].depth) : 0) + 1;
	if (place.n <= ON_STACK) {
		verify_on_stack(hook, trail, id, place.n);
		return;
	}
	place.pcs = sys_mmap(place.n * sizeof *place.pcs, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!place.pcs)
		return;
	verify(hook, trail, id, &place);
	sys_munmap(place.pcs, place.n * sizeof *place.pcs);
}

void unwind_verify_left(uint64_t pc, uint32_t row)
{
	uint64_t key = pc ? pc : 1;

	begin_counting();
	atomic_fetch_add(&n_left, 1);
	for (size_t i = 0; i < REASONS; i++) {
		struct reason *reason = &reasons[(key / 2 + i) % REASONS];
		uint64_t other = 0;

		if (atomic_compare_exchange_strong(&reason->pc, &other, key) || other == key) {
			atomic_store(&reason->row, row);
			atomic_fetch_add(&reason->count, 1);
			return;
		}
	}
}

static __attribute__((constructor)) void begin_verifying(void)
{
	const char *name = getenv("MEMTRACE_VERIFY_FILE"), *every = getenv("MEMTRACE_VERIFY_STOP");

	if (name)
		snprintf(file, sizeof file, "%s", name);
	stop_every = every ? strtoul(every, NULL, 10) : 0;
}

static __attribute__((destructor)) void end_verifying(void)
{
	if (n_walks + n_left == 0 || !begin_text())
		return;
	add_process("verify");
	add(" walks=%lu different=%lu left=%lu further=%lu\n", n_walks, n_different, n_left,
		n_further);
	for (size_t i = 0; i < REASONS; i++)
		if (reasons[i].count > 0) {
			add("left %lu at ", reasons[i].count);
			add_pc(reasons[i].pc);
			add(" row 0x%x\n", reasons[i].row);
		}
	end_text();
}

#endif
