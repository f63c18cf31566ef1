/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages (struct wire_message): what is told about the process beside its events.
 *
 * While the process starts they go through the pipe. Later they stand among the records of the
 * thread that has something to tell: that needs no descriptor, whose number the program could see
 * missing, and keeps its place among the events by itself.
 */
#ifndef SHIM_MESSAGE_H
#define SHIM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>
#include "shim/thread.h"

enum { MESSAGE_PARTS = 4 };

/* Sends the bytes of at most MESSAGE_PARTS parts as one message, cut if need be. PRODUCER: whose
 * ring takes it when the pipe does not, or NULL. False: it could not be sent. */
bool message_send(struct producer *producer, enum wire_message_kind kind, const struct iovec *parts,
	unsigned int n_parts);

/* The same, through the pipe or not at all; BUFFER and PATIENT as of channel_write. */
bool message_send_pipe(enum wire_message_kind kind, const struct iovec *parts, unsigned int n_parts,
	struct producer *buffer, bool patient);

#endif
