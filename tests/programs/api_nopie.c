/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -fno-pie ldflags: -no-pie */
/* api in a program that is not position independent. */
#include "api.c"
