/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -static */
/* api in a static program: there is never a memtrace. */
#include "api.c"
