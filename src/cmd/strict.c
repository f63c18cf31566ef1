/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line a snapshot: its first problem, and how many more there are.
 */
#include "cmd/strict.h"

#include "cmd/log.h"

int strict_status(bool strict, const struct snapfile *const *snaps, size_t n)
{
	int status = EXIT_OK;

	for (size_t i = 0; strict && i < n; i++) {
		const struct run *run = &snaps[i]->snapshot->run;
		const char *first = run->problems.count ? strings_get(snaps[i]->snapshot->strings,
								   run->problems.items[0])
							: "something was lost";

		if (run->complete)
			continue;
		status = EXIT_INCOMPLETE;
		if (run->problems.count > 1)
			log_say("%s is incomplete: %s, and %zu more (memtrace info tells)",
				snaps[i]->file, first, run->problems.count - 1);
		else
			log_say("%s is incomplete: %s", snaps[i]->file, first);
	}
	return status;
}
