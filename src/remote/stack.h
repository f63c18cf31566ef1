/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stack of a stopped thread, by libunwind-ptrace: also through signal frames and stripped libraries, but not through code
 * without unwind information (gcc -static, the inside of musl), where it ends early and says so.
 *
 * What is known of a process's code is kept from one stack to the next: 20 to 40 us a stack of 23 frames, where the library's own
 * way costs 2500.
 */
#ifndef REMOTE_STACK_H
#define REMOTE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>
#include <sys/types.h>

struct stacks; /* what is known of a process */

struct stack_frame {
	uint64_t pc;     /* of the first frame, and of one that a signal interrupted, where it stands; else a return address */
	uint64_t sp;     /* when that frame goes on */
	bool interrupted;
};

/* NULL: libunwind cannot. */
struct stacks *stacks_new(pid_t pid);
void stacks_free(struct stacks *stacks);
/* Libraries have come or gone. */
void stacks_forget(struct stacks *stacks);

/* The frames of the thread TID that stands at REGISTERS, most recent first; how many. *WHOLE: the last one is where the thread
 * began, and not merely where unwinding came to an end. */
size_t stack_walk(struct stacks *stacks, pid_t tid, const struct user_regs_struct *registers, struct stack_frame *frames,
	size_t max, bool *whole);

#endif
