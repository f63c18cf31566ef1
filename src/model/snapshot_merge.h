/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several snapshots as one: of the processes of a run, or of several runs.
 *
 * What adds up: the live blocks at the default moments (exit or now, which become one), at moments
 * of the same name, leaks, what became of blocks, and all that was ever allocated. Equal stacks of equal modules (path and
 * build-id) become one. The peak is the sum of the peaks: what would be needed if all of them came
 * at one time, which nobody knows. Where only some know a moment, it is of those alone, and a note
 * says so. Timelines are one over the time of all, at each time of the processes that there were; what was highest between two
 * times may not have been so at once.
 *
 * What does not add up, like a pid, stays where it is the same in all, and else is unknown; each
 * snapshot's own stands in run.parts. Problems keep the name of their file. Addresses of blocks mean
 * nothing without their process and are left out, with a note.
 */
#ifndef MODEL_SNAPSHOT_MERGE_H
#define MODEL_SNAPSHOT_MERGE_H

#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "model/snapshot.h"

struct merge_source {
	const struct snapshot *snapshot;
	const char *file; /* as the user named it */
};

struct merge_notes {
	ARRAY(char *) all; /* sentences to be said to the user */
	bool only_wrong;   /* not of what is left out, only of what does not add up */
};

/* N >= 1. NULL when a sum is over SNAPSHOT_SIZE_MAX. NOTES are to be released in any case. */
struct snapshot *snapshot_merge(const struct merge_source *sources, size_t n,
	struct merge_notes *notes, struct error *err);
void merge_notes_release(struct merge_notes *notes);

/* For the files of the merge alone. */
void merge_note(struct merge_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Adds; a sum over SNAPSHOT_SIZE_MAX stays there and sets *OVER. */
void merge_add(uint64_t *sum, uint64_t value, bool *over);
string_id merge_string(struct snapshot *into, const struct snapshot *from, string_id id);
/* The moments of INTO. NUMBERS[s][i] is then where moment i of source s has gone, or INDEX_NONE; each of the N arrays is the
 * caller's to free. */
void merge_moments(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t **numbers,
	struct merge_notes *notes, bool *over);
/* What became of blocks, into INTO, whose traces and counts are complete. TRACES[s][i] is where trace i of source s has gone.
 * Sums that are too large are for the check to see. */
void merge_lives(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t *const *traces,
	struct merge_notes *notes);
/* The timelines as one, where all have one. */
void merge_timelines(struct snapshot *into, const struct merge_source *sources, size_t n, struct merge_notes *notes, bool *over);
/* The resident memory of INTO, whose moments are there. */
void merge_memory(struct snapshot *into, const struct merge_source *sources, size_t n, uint32_t *const *numbers, bool *over);
/* The run of INTO, from those of the sources. */
void merge_run(struct snapshot *into, const struct merge_source *sources, size_t n, bool *over);

#endif
