/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers to what a watched program asks by its own door (include/memtrace.h; how a question and its answer travel stands in
 * wire.h). A ring has one question at a time, image_ring.ask.
 */
#ifndef RECORD_ANSWER_H
#define RECORD_ANSWER_H

#include "record/reader.h"

/* Answers what the accounts alone can say, for all rings of PROCESS; what must be written waits for answer_next_snapshot. */
void answer_process(struct reader *reader, struct reader_process *process);

/* A snapshot that was asked for: of whose image, with which names; PATH or LABEL may be NULL, both are the caller's to free. */
struct answer_wish {
	struct reader_process *process;
	uint32_t slot, generation; /* where the answer goes, of which process */
	uint64_t number;
	char *path, *label;
	bool leaks;              /* no snapshot: to be looked at for leaks */
	uint64_t stack;          /* then: where the program's part of its stack begins */
};
/* The next one that nobody has taken up; the program then waits for answer_give. False: there is none. */
bool answer_next_snapshot(struct reader *reader, struct answer_wish *wish);
/* STATUS: 0, or an errno value below 0. Nothing happens where the process has gone meanwhile. */
void answer_give(struct reader *reader, const struct answer_wish *wish, int status);

/* DATA: struct wire_snapshot and what follows it. */
void answer_note_wish(struct reader *reader, struct reader_process *process, const uint8_t *data, size_t size);

#endif
