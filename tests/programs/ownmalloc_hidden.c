/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* The same, of which the dynamic linker knows nothing. */
#define HIDDEN
#include "ownmalloc.c"
