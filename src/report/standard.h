/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose frame is it: the program's own, or one that every program has above its allocations (libc,
 * the C++ and Rust libraries, other allocators, wrappers like xmalloc)? The most recent frame of
 * native code is often new_allocator.h, which says nothing about who holds the memory. A guess by
 * names, from lists in standard.c.
 */
#ifndef REPORT_STANDARD_H
#define REPORT_STANDARD_H

#include <stdbool.h>
#include "model/snapshot.h"

/* By the frame's file and function. */
bool standard_frame(const struct snapshot *snapshot, const struct frame *frame);
/* By the module that the code is in. */
bool standard_module(const struct snapshot *snapshot, const struct module *module);

#endif
