/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shim's one list of functions that it takes over, and the frame of every hook.
 *
 * A hook calls the real function and tells; it alters nothing, neither the result nor errno. Only
 * the outermost request is an event: what the real function asks for underneath (operator new of
 * malloc, malloc of mmap) is its own business, while what a signal handler asks for in the middle
 * of it is an event again. The frame of a hook:
 *
 *	struct call call;
 *
 *	if (!call_begin(&call, __builtin_frame_address(0)))
 *		return real.NAME(…);                     silent, nested, or too early
 *	call_real(&call);                                what comes until call_done is nested
 *	result = real.NAME(…);
 *	call_done(&call);
 *	tell_alloc(&call, result, size);
 *
 * Cost: two loads of globals, one of a page that fork wipes, two stores in the thread's own memory.
 *
 * There is no clean-up when an exception or a cancellation passes through a hook (operator new
 * throws bad_alloc): `inside` then names a hook that is gone. It is not believed, see call.c; so
 * the hooks need no landing pads and no personality routine of a libgcc that may not be the
 * program's.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "shim/thread.h"

/* Where a jump leads to (splice.c): callers within an allocator's own source file know which registers its functions leave alone (gcc's
 * -fipa-ra), and we do not: so all. */
#ifdef MEMTRACE_BLOB
#define SHIM_EXPORT __attribute__((visibility("default"), no_caller_saved_registers))
#elif defined(MEMTRACE_SPLICED)
#define SHIM_EXPORT __attribute__((visibility("hidden"), no_caller_saved_registers))
#else
#define SHIM_EXPORT __attribute__((visibility("default")))
#endif
/* For what is declared: found without relocation, as hooks that come early need it. */
#define SHIM_HIDDEN __attribute__((visibility("hidden")))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct rlimit;

/* One row a hooked function: result, name, parameters. */
#define SHIM_HOOKS_C(X)                                                                            \
	X(void *, malloc, (size_t size))                                                           \
	X(void *, calloc, (size_t n, size_t size))                                                 \
	X(void *, realloc, (void *addr, size_t size))                                              \
	X(void *, reallocarray, (void *addr, size_t n, size_t size))                               \
	X(void, free, (void *addr))                                                                \
	X(void, free_sized, (void *addr, size_t size))                                             \
	X(void, free_aligned_sized, (void *addr, size_t alignment, size_t size))                   \
	X(void, cfree, (void *addr))                                                               \
	X(void *, aligned_alloc, (size_t alignment, size_t size))                                  \
	X(int, posix_memalign, (void **addr, size_t alignment, size_t size))                       \
	X(void *, memalign, (size_t alignment, size_t size))                                       \
	X(void *, valloc, (size_t size))                                                           \
	X(void *, pvalloc, (size_t size))                                                          \
	X(size_t, malloc_usable_size, (void *addr))

/* operator new and delete by their mangled names; the nothrow tag is passed by reference. */
#define SHIM_HOOKS_CXX(X)                                                                          \
	X(void *, _Znwm, (size_t size))                                                            \
	X(void *, _Znam, (size_t size))                                                            \
	X(void *, _ZnwmRKSt9nothrow_t, (size_t size, const void *tag))                             \
	X(void *, _ZnamRKSt9nothrow_t, (size_t size, const void *tag))                             \
	X(void *, _ZnwmSt11align_val_t, (size_t size, size_t alignment))                           \
	X(void *, _ZnamSt11align_val_t, (size_t size, size_t alignment))                           \
	X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t,                                              \
		(size_t size, size_t alignment, const void *tag))                                  \
	X(void *, _ZnamSt11align_val_tRKSt9nothrow_t,                                              \
		(size_t size, size_t alignment, const void *tag))                                  \
	X(void, _ZdlPv, (void *addr))                                                              \
	X(void, _ZdaPv, (void *addr))                                                              \
	X(void, _ZdlPvm, (void *addr, size_t size))                                                \
	X(void, _ZdaPvm, (void *addr, size_t size))                                                \
	X(void, _ZdlPvRKSt9nothrow_t, (void *addr, const void *tag))                               \
	X(void, _ZdaPvRKSt9nothrow_t, (void *addr, const void *tag))                               \
	X(void, _ZdlPvSt11align_val_t, (void *addr, size_t alignment))                             \
	X(void, _ZdaPvSt11align_val_t, (void *addr, size_t alignment))                             \
	X(void, _ZdlPvmSt11align_val_t, (void *addr, size_t size, size_t alignment))               \
	X(void, _ZdaPvmSt11align_val_t, (void *addr, size_t size, size_t alignment))               \
	X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t,                                               \
		(void *addr, size_t alignment, const void *tag))                                   \
	X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t,                                               \
		(void *addr, size_t alignment, const void *tag))

#define SHIM_HOOKS_MAP(X)                                                                          \
	X(void *, mmap, (void *addr, size_t length, int prot, int flags, int fd, off_t offset))    \
	X(void *, mmap64, (void *addr, size_t length, int prot, int flags, int fd, off_t offset))  \
	X(int, munmap, (void *addr, size_t length))                                                \
	X(void *, mremap, (void *addr, size_t old_length, size_t length, int flags, ...))          \
	X(int, brk, (void *addr))                                                                  \
	X(void *, sbrk, (intptr_t increment))

/* Announced, never altered. */
#define SHIM_HOOKS_LIFE(X)                                                                         \
	X(int, execve, (const char *path, char *const argv[], char *const envp[]))                 \
	X(int, execv, (const char *path, char *const argv[]))                                      \
	X(int, execvp, (const char *file, char *const argv[]))                                     \
	X(int, execvpe, (const char *file, char *const argv[], char *const envp[]))                \
	X(int, fexecve, (int fd, char *const argv[], char *const envp[]))                          \
	X(int, execveat,                                                                           \
		(int fd, const char *path, char *const argv[], char *const envp[], int flags))     \
	X(int, posix_spawn,                                                                        \
		(pid_t * pid, const char *path, const void *actions, const void *attributes,       \
			char *const argv[], char *const envp[]))                                   \
	X(int, posix_spawnp,                                                                       \
		(pid_t * pid, const char *file, const void *actions, const void *attributes,       \
			char *const argv[], char *const envp[]))                                   \
	X(int, pthread_setname_np, (pthread_t thread, const char *name))                           \
	X(int, prctl, (int option, ...))                                                           \
	X(void, exit, (int status))                                                                \
	X(void, _exit, (int status))                                                               \
	X(void, _Exit, (int status))                                                               \
	X(void, quick_exit, (int status))                                                          \
	X(size_t, confstr, (int name, char *buffer, size_t size))                                  \
	X(long, syscall, (long number, ...))

#define SHIM_HOOKS(X) SHIM_HOOKS_C(X) SHIM_HOOKS_CXX(X) SHIM_HOOKS_MAP(X) SHIM_HOOKS_LIFE(X)

/* What the hooks call: the next definition after ours. NULL before real_find, and where nobody
 * has the function. */
#define SHIM_ROW(result, name, params) result(*name) params;
struct real {
	SHIM_HOOKS(SHIM_ROW)
};
#undef SHIM_ROW
extern struct real real SHIM_HIDDEN, real_spliced SHIM_HIDDEN;

enum shim_mode {
	SHIM_NEW,      /* nothing has been looked up yet */
	SHIM_STARTING, /* life_start is at work */
	SHIM_LIVE,     /* events are recorded */
	SHIM_SILENT,   /* for good: no channel, not ours, given up */
};
extern _Atomic int shim_mode SHIM_HIDDEN;

/* A page that the kernel wipes in forked children, whatever made them. Its first word is 1 in the
 * process that set it up, while it is SHIM_LIVE. It stands in the library: so it says 0 even before
 * that is relocated, when nothing else here can be relied on. */
extern volatile uint64_t life_page[] SHIM_HIDDEN;
/* Its words. The others, where not 0, are sampling.near, and open the shortest ways of malloc and free, see tell.h. */
enum { LIFE_MARK, LIFE_MALLOC, LIFE_FREE };
static inline bool life_is_marked(void)
{
	return likely(life_page[LIFE_MARK]);
}
static inline void life_unmark(void)
{
	life_page[LIFE_MARK] = life_page[LIFE_MALLOC] = life_page[LIFE_FREE] = 0;
}

/* Grows from 1 on when the hot path must look up: modules may have gone, the seed of the stacks or
 * the epoch of the rows has moved. */
extern _Atomic uint64_t shim_news;

struct call {
	struct thread *thread;
	/* Of the hook: its caller's rbp stands there, its return address at + 8, its caller's rsp
	 * is + 16. */
	uintptr_t frame;
	uintptr_t outer; /* the hook whose real function this one interrupted, 0: none */
};

/* The call of the hook at FRAME; its thread is NULL when nothing is to be told. By value, so that a
 * hook has it in registers. */
struct call call_begin_slow(uintptr_t frame);
/* False: nothing is to be told. Both keep errno. */
static inline bool call_begin(struct call *call, void *frame)
{
	struct thread *thread = thread_self();

	if (likely(thread) && life_is_marked() && likely(!thread->inside))
		*call = (struct call){thread, (uintptr_t)frame, 0};
	else
		*call = call_begin_slow((uintptr_t)frame);
	return likely(call->thread != NULL);
}

static inline void call_real(const struct call *call)
{
	call->thread->inside = call->frame;
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void call_done(const struct call *call)
{
	atomic_signal_fence(memory_order_seq_cst);
	call->thread->inside = call->outer;
}

static inline uintptr_t call_pc(uintptr_t frame)
{
	return *(const uintptr_t *)(frame + 8);
}

#endif
