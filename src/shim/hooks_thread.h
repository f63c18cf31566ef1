/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SHIM_HOOKS_THREAD_H
#define SHIM_HOOKS_THREAD_H

/* The calling thread has a new name. FRAME: of the hook. Keeps errno. */
void hooks_thread_named(void *frame);

#endif
