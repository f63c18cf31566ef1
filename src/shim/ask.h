/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to the collector (wire.h, Questions).
 */
#ifndef SHIM_ASK_H
#define SHIM_ASK_H

#include "shim/shim.h"

/* The number that PRODUCER's next question will have. */
uint64_t ask_number(const struct producer *producer);
/* Asks, and waits for the *ANSWER. Returns its status; -ETIMEDOUT when nobody took it up, -EPIPE when the collector has gone.
 * To be called between tell_enter and tell_leave. */
int ask(struct producer *producer, enum wire_question question, uint64_t operand, uint64_t more,
	struct wire_answer *answer);

#endif
