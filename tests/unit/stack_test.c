/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks of a child, mappings, memory and symbols of it, held to what this process knows of itself, of which it is a copy. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>
#include "remote/maps.h"
#include "remote/names.h"
#include "remote/peek.h"
#include "remote/process.h"
#include "remote/stack.h"
#include "unit/tracee.h"

enum { WAIT_MS = 5000, DEPTH = 12, FRAMES = 64 };

static __attribute__((noinline)) void bottom(void)
{
	tracee_ready();
	while (!tracee_shared->go)
		__atomic_fetch_add(&tracee_shared->count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&tracee_shared->done, 1, __ATOMIC_SEQ_CST);
}

static void in_handler(int number)
{
	(void)number;
	bottom();
	__asm__ volatile("" ::: "memory"); /* no jump: it is to have a frame */
}

static __attribute__((noinline)) void descend(int depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		raise(SIGUSR1);
	__asm__ volatile("" ::: "memory");
}

static void deep(void)
{
	signal(SIGUSR1, in_handler);
	descend(DEPTH);
}

static bool is_in(uint64_t pc, void (*function)(void), size_t size)
{
	return pc - (uintptr_t)function < size;
}

/* How often one return address comes: those of the recursion. */
static size_t most_often(const struct stack_frame *frames, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t count = 0;

		for (size_t k = 0; k < n; k++)
			count += frames[k].pc == frames[i].pc;
		most = count > most ? count : most;
	}
	return most;
}

static void expect_deep(pid_t pid, struct process_thread *thread, struct stacks *stacks)
{
	struct user_regs_struct registers;
	struct stack_frame frames[FRAMES];
	bool whole, handler = false, signal = false;
	size_t n;

	cr_assert(thread_registers(thread, &registers));
	n = stack_walk(stacks, pid, &registers, frames, FRAMES, &whole);
	cr_assert(whole, "%zu frames", n);
	for (size_t i = 0; i < n; i++) {
		handler |= is_in(frames[i].pc, (void (*)(void))in_handler, 200);
		signal |= i > 0 && frames[i].interrupted;
		cr_assert(i == 0 || frames[i].sp > frames[i - 1].sp);
	}
	cr_assert(handler);
	cr_assert(signal);
	cr_assert_eq(most_often(frames, n), DEPTH);
	n = stack_walk(stacks, pid, &registers, frames, 3, &whole);
	cr_assert_eq(n, 3);
	cr_assert_not(whole);
}

Test(stack, goes_through_signal_frames_to_the_beginning, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(deep, 0);
	struct stacks *stacks = stacks_new(pid);
	struct error err = ERROR_INIT;
	struct process process;

	cr_assert_not_null(stacks);
	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
		expect_deep(pid, &process.threads.items[0], stacks);
		if (i == 5)
			stacks_forget(stacks);
		process_go(&process);
	}
	process_release(&process);
	stacks_free(stacks);
	tracee_kill(pid);
}

/* A place of memory of the process, another file where we look for the one that is there: as in a container. */
static void hide_file_of(const struct maps *maps, const void *address)
{
	const struct maps_entry *entry = maps_find(maps, (uintptr_t)address);

	cr_assert_not_null(entry);
	cr_assert_eq(mount("/bin/true", entry->path, NULL, MS_BIND, NULL), 0, "%s", entry->path);
}

/* The tables are the process's, not those of files that stand where its own do. */
Test(stack, needs_none_of_the_files, .init = tracee_needs_ptrace)
{
	struct error err = ERROR_INIT;
	struct process process;
	struct stacks *stacks;
	struct maps maps;
	pid_t pid;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		cr_skip_test("no mount namespaces may be made here");
	pid = tracee_start(deep, 0);
	cr_assert_eq(maps_read(&maps, pid, &err), 0, "%s", err.text);
	hide_file_of(&maps, (const void *)&deep);
	hide_file_of(&maps, dlsym(RTLD_DEFAULT, "raise"));
	stacks = stacks_new(pid);
	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
	expect_deep(pid, &process.threads.items[0], stacks);
	process_release(&process);
	stacks_free(stacks);
	maps_free(&maps);
	tracee_kill(pid);
}

/* Code without a table, called with libc's frames below it: where the walk ends is no beginning. */
static void (*written)(void (*calls)(void));

static void call_written(void)
{
	static const uint8_t code[] = {
		0x55, /* push %rbp */
		0x31, 0xed, /* xor %ebp, %ebp: no frame pointer to guess by */
		0xff, 0xd7, /* call *%rdi */
		0x5d, 0xc3,
	};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(page, MAP_FAILED);
	memcpy(page, code, sizeof code);
	memcpy(&written, &page, sizeof written);
	written(bottom);
}

Test(stack, an_end_by_guess_is_no_beginning, .init = tracee_needs_ptrace)
{
	pid_t pid = tracee_start(call_written, 0);
	struct stacks *stacks = stacks_new(pid);
	struct stack_frame frames[FRAMES];
	struct user_regs_struct registers;
	struct error err = ERROR_INIT;
	struct process process;
	bool whole;

	cr_assert_eq(process_seize(&process, pid, &err), 0, "%s", err.text);
	cr_assert_eq(process_stop(&process, WAIT_MS, &err), 0, "%s", err.text);
	cr_assert(thread_registers(&process.threads.items[0], &registers));
	cr_assert_geq(stack_walk(stacks, pid, &registers, frames, FRAMES, &whole), 1);
	cr_assert_not(whole);
	process_release(&process);
	stacks_free(stacks);
	tracee_kill(pid);
}

static void idle(void)
{
	tracee_ready();
	for (;;)
		pause();
}

Test(maps, say_where_things_are)
{
	static char data[16];
	struct error err = ERROR_INIT;
	struct maps maps;
	const struct maps_entry *entry;
	int here;

	cr_assert_eq(maps_read(&maps, getpid(), &err), 0, "%s", err.text);
	entry = maps_find(&maps, (uintptr_t)data);
	cr_assert_not_null(entry);
	cr_assert_eq(entry->protection & (MAPS_READ | MAPS_WRITE | MAPS_EXECUTE), MAPS_READ | MAPS_WRITE);
	entry = maps_find(&maps, (uintptr_t)&maps_find);
	cr_assert_not_null(entry);
	cr_assert(entry->protection & MAPS_EXECUTE);
	cr_assert_not_null(strstr(entry->path, "unit"));
	entry = maps_find(&maps, (uintptr_t)&here);
	cr_assert_not_null(entry);
	cr_assert_null(maps_find(&maps, 16));
	entry = maps_library(&maps, "libc");
	cr_assert_not_null(entry);
	cr_assert_eq(entry->offset, 0);
	cr_assert_not_null(strstr(entry->path, "/libc.so.6"));
	cr_assert_null(maps_library(&maps, "lib"));
	cr_assert_gt(maps_file_end(&maps, entry), entry->end);
	maps_free(&maps);
	cr_assert_eq(maps_read(&maps, 0x7fffffff, &err), -1);
	maps_free(&maps);
}

Test(peek, reads_and_writes_up_to_where_there_is_nothing, .init = tracee_needs_ptrace)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), text[64], bytes[8192];
	uint64_t at = (uintptr_t)pages;
	pid_t pid;

	strcpy(pages + 4000, "a text");
	memset(pages + 4090, 'x', 6);
	mprotect(pages + 4096, 4096, PROT_NONE);
	pid = tracee_start(idle, 0);
	cr_assert(peek_text(pid, at + 4000, text, sizeof text));
	cr_assert_str_eq(text, "a text");
	cr_assert_not(peek_text(pid, at + 4000, text, 6), "its NUL does not fit");
	cr_assert_not(peek_text(pid, at + 4090, text, sizeof text), "it has no end");
	cr_assert_not(peek(pid, at, bytes, sizeof bytes));
	cr_assert_eq(peek_some(pid, at, bytes, sizeof bytes), 4096);
	cr_assert(poke(pid, at, "other", 6));
	cr_assert(peek_text(pid, at, text, sizeof text));
	cr_assert_str_eq(text, "other");
	cr_assert_not(poke(pid, (uintptr_t)&peek_some, "\x90", 1), "code may not be written");
	cr_assert(peek(pid, (uintptr_t)&peek_some, text, 1));
	cr_assert(poke_code(pid, (uintptr_t)&peek_some, text, 1));
	cr_assert_not(poke_code(pid, 16, text, 1));
	tracee_kill(pid);
}

Test(names, are_those_that_the_loader_finds, .init = tracee_needs_ptrace)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW);
	pid_t pid = tracee_start(idle, 0);
	struct error err = ERROR_INIT;
	uint64_t malloc_at, from, to;
	struct names names;
	struct maps maps;

	cr_assert_eq(maps_read(&maps, pid, &err), 0, "%s", err.text);
	cr_assert(names_read(&names, pid, &maps, maps_library(&maps, "libc")));
	malloc_at = (uintptr_t)dlsym(libc, "malloc");
	cr_assert_eq(names_find(&names, "malloc"), malloc_at);
	cr_assert_eq(names_find(&names, "dlopen"), (uintptr_t)dlsym(libc, "dlopen"));
	cr_assert_eq(names_find(&names, "no_such_function"), 0);
	names_between(&names, malloc_at, &from, &to);
	cr_assert_leq(from, malloc_at);
	cr_assert_gt(to, malloc_at);
	names_free(&names);
	cr_assert_not(names_read(&names, pid, &maps, maps_find(&maps, (uintptr_t)tracee_shared)), "shared memory is no module");
	names_free(&names);
	maps_free(&maps);
	tracee_kill(pid);
}
