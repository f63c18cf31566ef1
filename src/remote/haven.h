/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a thread of a program with glibc may be made to call something.
 *
 * dlopen takes locks of the loader and of malloc. A thread that holds one of them, wherever it stands, must not be made to call
 * it: so no frame of its stack may be in the loader, in an allocator, or in one of libc's functions that call back with a lock
 * held. It must stand in the program's own code, or sleep in a system call that libc makes for other ends. Unwinding that does
 * not reach the thread's beginning proves nothing; then no word of its stack may be an address in there.
 *
 * What is judged is a stopped thread; what is found holds as long as it stands still.
 */
#ifndef REMOTE_HAVEN_H
#define REMOTE_HAVEN_H

#include "base/error.h"
#include "remote/maps.h"
#include "remote/names.h"
#include "remote/process.h"
#include "remote/stack.h"

enum { HAVEN_FUNCTIONS = 48, HAVEN_MODULES = 8 };

struct haven_range {
	uint64_t start, end;
};

struct haven {
	pid_t pid;
	struct maps maps;
	struct names libc;
	struct haven_range loader, heap; /* heap: libc's malloc and what is linked beside it */
	struct haven_range functions[HAVEN_FUNCTIONS], allocators[HAVEN_MODULES];
	size_t n_functions, n_allocators;
	struct haven_range own;          /* memtrace's library; equal: it is not there */
	uint64_t returner;               /* errand_returner's: where handlers of signals return to */
	struct stacks *stacks;
};

/* What is known of PID; to be closed either way. -1: it has no glibc. */
int haven_open(struct haven *haven, pid_t pid, struct error *err);
void haven_close(struct haven *haven);
/* Libraries have come. */
int haven_again(struct haven *haven, struct error *err);

/* May THREAD call functions of libc? */
bool haven_is_free(struct haven *haven, const struct process_thread *thread);
/* May it call a function that needs nothing but some stack? */
bool haven_has_room(struct haven *haven, const struct process_thread *thread);

enum haven_place { HAVEN_ELSEWHERE, HAVEN_IN_LOADER, HAVEN_IN_OWN /* in memtrace's library */ };
/* Whether any frame of it is in one of them. */
enum haven_place haven_place(struct haven *haven, const struct process_thread *thread);

#endif
