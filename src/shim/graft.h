/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Binding a program that runs already to the hooks, and back.
 */
#ifndef SHIM_GRAFT_H
#define SHIM_GRAFT_H

#include <stdbool.h>
#include <stdint.h>

struct graft {
	uint32_t bound; /* places that were changed */
	uint32_t deaf;	/* modules whose symbols could not be */
};

/* From the real functions to the hooks, or back. What is so already stays, so both may be called again. */
void graft(bool to_hooks, struct graft *done);

#endif
