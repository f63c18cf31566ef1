/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -O2 -flto -fno-optimize-sibling-calls ldflags: -O2 -flto -Wl,-z,now */
/* api as releases are built. */
#include "api.c"
