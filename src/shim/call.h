/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rare questions about a call (struct call in shim.h): is it the outermost, is the hook that it
 * finds under way really still under way?
 */
#ifndef SHIM_CALL_H
#define SHIM_CALL_H

#include <stdbool.h>
#include <stdint.h>

/* In place of a frame in thread.inside: the thread's next request is libc's for our sake, and is not told. */
#define CALL_OF_LIBC UINTPTR_MAX

/* A hook at BUSY seems to be recording, while the one at FRAME of the same thread begins. True:
 * that one was left by longjmp or the like; false: a signal handler runs in the middle of it. */
bool call_is_gone(uintptr_t busy, uintptr_t frame);

#endif
