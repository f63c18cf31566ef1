/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An errand: a function called by a thread of another process, as if a signal handler had called it: what the thread was doing is laid on
 * its stack as the kernel does it for a signal, below the red zone, and the function returns into rt_sigreturn, which takes it all
 * up again: registers, vector registers, signal mask.
 *
 * So the call is whole from the moment it begins: whoever made it may die, by SIGKILL too, and the thread comes back by
 * itself. Before that moment nothing is changed but memory that the thread does not use. While we live the thread is stopped just
 * before the rt_sigreturn and given its registers by ptrace, since only so a sleep with a time limit (poll, nanosleep) goes on for the
 * rest of its time; otherwise it begins with its whole time anew.
 *
 * The function's result is not known: it must leave word in memory (DATA). One that says there that it is done, and then waits a little (but
 * not in the kernel), is left to run without a stop at each of its system calls, and taken back from there.
 */
#ifndef REMOTE_ERRAND_H
#define REMOTE_ERRAND_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "remote/maps.h"
#include "remote/process.h"

struct errand {
	uint64_t function;
	uint64_t returner;       /* of errand_returner */
	const void *data;        /* laid on the thread's stack, its address the first argument; and what became of it read back */
	size_t data_size;        /* at most ERRAND_DATA_MAX; 0: FIRST is the first argument */
	uint64_t first, argument; /* argument: the second */
	size_t tells_at;         /* a u32 in the data that is not 0 when all is done; 0: it does not tell */
	size_t asks_at;          /* a u32 in the data that is not 0 while it waits for us; 0: it never does */
	void (*asked)(void *data, uint32_t word); /* called once, with that word and … */
	void *asked_data;
	void *result;            /* data_size bytes for what stands in the data afterwards, or NULL */
};
enum { ERRAND_DATA_MAX = 8192, ERRAND_STACK_MAX = 32768 /* bytes of stack that are needed beside the function's own */ };

/* Code in the process that calls rt_sigreturn; 0: there is none. */
uint64_t errand_returner(pid_t pid, const struct maps *maps);

/* Lets THREAD, which is THREAD_STOPPED and stays so, make the call; other threads stand or run as they do. All signals but those that
 * cannot be are kept from it meanwhile. -1: nothing was changed (*BEGUN false), or it did not come to an end within
 * MS: then it is still on its way, and will come back by itself. */
int errand_run(struct process *process, struct process_thread *thread, const struct errand *errand, unsigned int ms, bool *begun,
	struct error *err);

#endif
