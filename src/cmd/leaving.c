/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See leaving.h. They are over when the last has been left: until then rounds go on, which would write and drop what is over.
 */
#include "cmd/leaving.h"

/* One that has not been left yet, or 0. */
static pid_t next_to_leave(const struct collector *collector, const pid_t *left, size_t n)
{
	for (size_t i = 0; i < collector->reader.processes.count; i++) {
		const struct reader_process *process = collector->reader.processes.items[i];
		bool known = !process->said_hello || process->ended;

		for (size_t k = 0; k < n && !known; k++)
			known = left[k] == process->image->pid;
		if (!known)
			return process->image->pid;
	}
	return 0;
}

void leave_all(struct collector *collector)
{
	ARRAY(pid_t) left = { 0 };
	pid_t pid;

	while ((pid = next_to_leave(collector, left.items, left.count))) {
		collector->options->leave(collector, pid);
		*ARRAY_PUSH(&left) = pid;
	}
	for (size_t i = 0; i < left.count; i++)
		reader_end(&collector->reader, left.items[i]);
	ARRAY_FREE(&left);
}
