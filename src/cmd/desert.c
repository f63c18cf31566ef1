/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Called in the midst of whatever wanted memory, perhaps in the thread that names ahead: it touches nothing but the pool's word
 * and the target, and takes no memory. What was recorded cannot be written, which takes memory too; a checkpoint may have been.
 */
#include <unistd.h>
#include "base/memory.h"
#include "cmd/desert.h"
#include "cmd/log.h"

enum { LOOK_US = 10000 };

static struct collector *running;

static void desert(void)
{
	struct target *target = running->target;
	struct error err = ERROR_INIT;
	int status;

	pool_desert(running->pool);
	if (target->ended)
		error_set(&err, "what was recorded cannot be written");
	else
		error_set(&err, "the program goes on, and nothing more of it is recorded");
	if (running->first_exists)
		error_hint(&err, "its last checkpoint is %s", running->options->first_file);
	log_error(&err);
	while (!target_poll(target))
		usleep(LOOK_US);
	status = target_exit_status(target);
	_exit(status ? status : EXIT_MEMTRACE_FAILED);
}

void desert_instead_of_dying(struct collector *collector)
{
	running = collector;
	memory_last(desert);
}
