/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Under run --leaks a process asks to be looked at before it exits: before its destructors give back what nobody else can reach,
 * or take the last pointers to it.
 */
#ifndef SHIM_EXITS_H
#define SHIM_EXITS_H

#include <stdint.h>

/* In the constructor: sees to it that a return from main is noticed. */
void exits_prepare(void);
/* The process is about to end, by the hook at FRAME. Asks once; never in a vfork child. */
void exits_begin(uintptr_t frame);

#endif
