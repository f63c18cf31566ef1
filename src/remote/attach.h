/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making a running process trace itself, and stop that: memtrace's library is loaded into it by its own dlopen, and told to join, by
 * errands of its threads.
 *
 * First one thread after the other is stopped for a moment until one stands where it may call dlopen (haven.h); it does, while
 * all others run on, so that whoever holds a lock gives it back. Then all are stopped for as long as the library binds the program to
 * its hooks, which takes no lock.
 *
 * There is no breakpoint, no code is written, no thread waits for us: whenever the tracer dies, by SIGKILL too, the program goes on (see
 * errand.h), with the library in it or not.
 */
#ifndef REMOTE_ATTACH_H
#define REMOTE_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

struct attach_report {
	uint32_t bound;          /* places that were changed */
	uint32_t deaf;           /* modules that could not tell later libraries of the hooks */
	uint64_t load_ns;        /* that one thread was held to load the library; 0: it was there */
	uint64_t held_ns;        /* that all threads were held */
	uint64_t before;         /* bytes of anonymous memory that were resident when it joined */
};

/* Makes PID load the library at SHIM and join the CHANNEL (of pool_environment). Gives up after PATIENCE_MS. The caller must be a process
 * that ends after it: what it could not let go of is let go of then. */
int attach_join(pid_t pid, const char *shim, const char *channel, unsigned int patience_ms, struct attach_report *report,
	struct error *err);
/* Makes it leave; 0 also where there is nothing to leave. */
int attach_leave(pid_t pid, unsigned int patience_ms, struct attach_report *report, struct error *err);

#endif
