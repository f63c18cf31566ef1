/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -static */
/* api in a static program, which memtrace comes to by other ways. */
#include "api.c"
