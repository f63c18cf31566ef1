/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real functions behind the hooks (struct real in shim.h), and where they live.
 */
#ifndef SHIM_REAL_H
#define SHIM_REAL_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

/* Fills struct real and what stands below. False: too early, nothing is known yet. */
bool real_find(void);
/* Looks for operator new and delete once more: a plugin may have brought the first libstdc++. */
void real_find_cxx(void);

/* Does PC lie in a module that holds a real function of the malloc family, or in a real operator
 * new or delete, or in the shim? What is asked for from there in the middle of a real function is
 * that function's business. The rest of libstdc++ is not meant: operator new throws exceptions,
 * which are blocks of their own and outlive it. */
bool real_is_allocator(uintptr_t pc);
/* In the shim alone: a real function jumped on to another hook (operator delete does, to free). */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));
static inline bool real_is_shim(uintptr_t pc)
{
	return pc - (uintptr_t)__ehdr_start < (uintptr_t)_end - (uintptr_t)__ehdr_start;
}

struct real_range {
	uintptr_t start, end;
};
static inline bool real_range_has(const struct real_range *range, uintptr_t pc)
{
	return pc - range->start < range->end - range->start;
}

/* The dynamic loader. */
extern struct real_range real_loader __attribute__((visibility("hidden")));

/* Does the next malloc call no hook of ours but those that map memory? libc's calls none at all; of others the well-known ones
 * are known to: then real_mapper is the module of it, else it is empty. */
bool real_malloc_only_maps(void);
extern struct real_range real_mapper __attribute__((visibility("hidden")));

/* Are the program's calls bound to our hooks? False: malloc is its own, a sanitizer's, … */
bool real_malloc_is_ours(void);
/* False: the program has an operator new or delete of its own, and ours would only see parts of it.
 */
extern bool real_cxx_is_ours __attribute__((visibility("hidden")));

/* libc's _dl_find_object: the module of an address, without locks. Our own _dl_find_object is
 * libgcc's where there is that, see unwind_libgcc.c. */
extern int (*real_find_object)(void *address, struct dl_find_object *result);

#endif
