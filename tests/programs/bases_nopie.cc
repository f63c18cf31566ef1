/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-pie -no-pie */
/* Of a program that is linked to its place virtual tables are never written. */
#include "bases.cc"
