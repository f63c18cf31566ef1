/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the blob takes over beside the list of shim.h, and calls for it.
 */
#ifndef SHIM_BLOB_CLONES_H
#define SHIM_BLOB_CLONES_H

extern void *clones_real[2] __attribute__((visibility("hidden")));
extern const void *(*clones_find_fde)(void *pc, void *bases) __attribute__((visibility("hidden")));

/* Rows of the table in splice.c. */
#define CLONES_SLOTS                                                                               \
	{"__clone", hook___clone, &clones_real[0]}, {"__clone3", hook___clone3, &clones_real[1]},  \
		{"_Unwind_Find_FDE", hook__Unwind_Find_FDE, (void **)&clones_find_fde},
#define CLONES_HOOKS(X)                                                                            \
	X(void *, __clone, (void))                                                                 \
	X(void *, __clone3, (void))                                                                \
	X(void *, _Unwind_Find_FDE, (void))

#endif
