/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pointers that a program hands to the kernel, which we look at before it does. Where they lead
 * nowhere the kernel says EFAULT, and so must we let it: they are tried before they are followed.
 */
#ifndef SHIM_POINTERS_H
#define SHIM_POINTERS_H

#include <stdbool.h>

/* Can TEXT be read up to its end? */
bool pointers_text(const char *text);
/* Can LIST and all its texts, up to the NULL? NULL is an empty one. */
bool pointers_list(char *const *list);

#endif
