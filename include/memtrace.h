/* SPDX-License-Identifier: 0BSD */
/*
 * A program's own door to memtrace: Python's tracemalloc from C and C++. memtrace.h(3) says it all.
 *
 * Link nothing: this header is all there is. In a program that runs without memtrace each function is one load and a branch that
 * returns -ENOSYS (or 0); in one that runs under `memtrace run` it reaches the library that memtrace has put there.
 *
 * How it is reached. A weak undefined function would be fixed to NULL when a program is linked that is not position independent,
 * dlsym asks for a library and warns in static programs. But every program has libc's confstr(3), which gives 0 for a name that
 * it does not know, without a system call, a lock or an allocation; memtrace's library stands before libc and knows one name
 * more, for which it gives its functions. Each source file that uses this header asks once; errno is kept.
 *
 * Permission to use, copy, modify, and/or distribute this file for any purpose with or without fee is hereby granted. It is
 * provided "as is", without warranty of any kind; its authors are liable for nothing.
 */
#ifndef MEMTRACE_H
#define MEMTRACE_H

#include <errno.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the library gives. What is added later comes at the end, and `size` tells whether it is there. */
struct memtrace_api {
	size_t size;
	int (*start)(int nframe);
	int (*stop)(void);
	int (*is_tracing)(void);
	int (*clear_traces)(void);
	int (*get_traced_memory)(size_t *current, size_t *peak);
	int (*reset_peak)(void);
	int (*get_traceback_limit)(void);
	size_t (*get_tracer_memory)(void);
	int (*take_snapshot)(const char *path, const char *label);
	int (*get_object_traceback)(const void *ptr, void **frames, int max);
	int (*track)(unsigned int domain, const void *ptr, size_t size);
	int (*untrack)(unsigned int domain, const void *ptr);
	int (*name_domain)(unsigned int domain, const char *name);
};

#define MEMTRACE_CONFSTR_ 0x6d740001
#define MEMTRACE_DOMAIN_FIRST 100 /* the first that a program may have for its own */

#if defined(__linux__) && defined(__x86_64__) && defined(__GNUC__)
extern size_t memtrace_confstr_(int name, char *buffer, size_t size) __asm__("confstr");

static __inline__ const struct memtrace_api *memtrace_api_(void)
{
	static const void *found; /* NULL: not asked yet; itself: there is none */
	const void *api = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
	int saved;

	if (__builtin_expect(!api, 0)) {
		saved = errno;
		if (memtrace_confstr_(MEMTRACE_CONFSTR_, (char *)&api, sizeof api) != sizeof api)
			api = &found;
		errno = saved;
		__atomic_store_n(&found, api, __ATOMIC_RELEASE);
	}
	return api == &found ? (const struct memtrace_api *)0 : (const struct memtrace_api *)api;
}
#else
static __inline__ const struct memtrace_api *memtrace_api_(void)
{
	return (const struct memtrace_api *)0;
}
#endif

#define MEMTRACE_CALL_(call, otherwise) (memtrace_api_() ? memtrace_api_()->call : (otherwise))

/* Those that return int give 0 when it is done and an errno value below 0 when it is not: -ENOSYS there is no memtrace here,
 * -ENODATA tracing is stopped, -EINVAL, and what is said below. None touches errno. */

/* Begins to trace, NFRAME (1..65535) frames of each stack. Nothing happens if it has begun. */
static __inline__ int memtrace_start(int nframe)
{
	return MEMTRACE_CALL_(start(nframe), -ENOSYS);
}

/* Ends it and forgets all blocks. */
static __inline__ int memtrace_stop(void)
{
	return MEMTRACE_CALL_(stop(), -ENOSYS);
}

/* 1: blocks are traced; 0: they are not. */
static __inline__ int memtrace_is_tracing(void)
{
	return MEMTRACE_CALL_(is_tracing(), 0);
}

/* Forgets all blocks and goes on. */
static __inline__ int memtrace_clear_traces(void)
{
	return MEMTRACE_CALL_(clear_traces(), -ENOSYS);
}

/* The bytes of all traced blocks, now and at most so far; 0 and 0 while nothing is traced. Either may be NULL. */
static __inline__ int memtrace_get_traced_memory(size_t *current, size_t *peak)
{
	if (current)
		*current = 0;
	if (peak)
		*peak = 0;
	return MEMTRACE_CALL_(get_traced_memory(current, peak), -ENOSYS);
}

/* The peak is what is there now. */
static __inline__ int memtrace_reset_peak(void)
{
	return MEMTRACE_CALL_(reset_peak(), -ENOSYS);
}

/* Frames that are kept of a stack; 0 without memtrace. */
static __inline__ int memtrace_get_traceback_limit(void)
{
	return MEMTRACE_CALL_(get_traceback_limit(), 0);
}

/* Bytes that memtrace has added to this process; 0 without it. */
static __inline__ size_t memtrace_get_tracer_memory(void)
{
	return MEMTRACE_CALL_(get_tracer_memory(), (size_t)0);
}

/* Writes a snapshot to the file PATH (replaced if it is there), and keeps the present as the moment LABEL in the snapshot that
 * the run will write. Either may be NULL, not both. When it returns it is done. */
static __inline__ int memtrace_take_snapshot(const char *path, const char *label)
{
	return MEMTRACE_CALL_(take_snapshot(path, label), -ENOSYS);
}

/* The stack that made the block at PTR: at most MAX return addresses, most recent first, into FRAMES. Returns how many the
 * block has, which may be more; -ENOENT: no traced block begins there, and it lies in no traced mapping. */
static __inline__ int memtrace_get_object_traceback(const void *ptr, void **frames, int max)
{
	return MEMTRACE_CALL_(get_object_traceback(ptr, frames, max), -ENOSYS);
}

/* A block of the program's own allocator: SIZE bytes at PTR in DOMAIN, from 100 on; its stack is the caller's. One that is
 * there already is replaced. */
static __inline__ int memtrace_track(unsigned int domain, const void *ptr, size_t size)
{
	return MEMTRACE_CALL_(track(domain, ptr, size), -ENOSYS);
}
/* As a macro the caller of the library is the line that says so, and not this file. */
#define memtrace_track(domain, ptr, size) MEMTRACE_CALL_(track((domain), (ptr), (size)), -ENOSYS)

/* It is gone. One that is not known is none. */
static __inline__ int memtrace_untrack(unsigned int domain, const void *ptr)
{
	return MEMTRACE_CALL_(untrack(domain, ptr), -ENOSYS);
}

/* What reports call DOMAIN; at most 255 bytes. */
static __inline__ int memtrace_name_domain(unsigned int domain, const char *name)
{
	return MEMTRACE_CALL_(name_domain(domain, name), -ENOSYS);
}

#ifdef __cplusplus
}
#endif
#endif
