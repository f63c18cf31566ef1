/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LD_PRELOAD in an environment that is about to be another program's.
 */
#ifndef SHIM_PRELOAD_H
#define SHIM_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

/* What follows NAME, such as "PATH=", or NULL. */
const char *preload_variable(char *const *envp, const char *name);
/* Does it name us? RUNTIME: and a sanitizer's runtime. */
bool preload_names_us(char *const *envp, bool *runtime);
/* Where it does: a copy without us, in that many bytes, which holds pointers into ENVP; ENVP itself
 * if that has grown meanwhile. */
size_t preload_copy_bytes(char *const *envp);
char *const *preload_copy(void *memory, size_t bytes, char *const *envp);

#endif
