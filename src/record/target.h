/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program to be watched: started with the shim in it, but held until the caller lets it go; signals meant for it are
 * passed on while it runs.
 */
#ifndef RECORD_TARGET_H
#define RECORD_TARGET_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include "base/error.h"
#include "record/pool.h"

struct target {
	pid_t pid;
	int gate;                /* its write end: one byte lets the child go on to exec */
	int gate_reader;         /* its other end: open, lest we die of the byte where a signal has ended the child */
	int report;              /* its read end: an errno if exec failed, else closed */
	bool ended;
	int status;              /* of wait */
	struct rusage usage;
	/* One that was there before, and is not our child. Its status is not ours to know. */
	bool adopted;
	bool left;               /* it lives, but is to be watched no longer */
	int pidfd;
	uint64_t stack_start;    /* see procfs_stack_start */
};

/* The soft limits that target_raise_limits raises, as they were. */
enum { TARGET_LIMITS = 6 };
struct target_limits {
	struct rlimit given[TARGET_LIMITS];
};

struct target_program {
	const char *path;        /* found by program_find */
	char **arguments;        /* argv, ends with NULL */
	const char *shim;        /* path of the library to preload, without ':' and blanks; "": none is, but it is traced; NULL: it is not */
	const struct target_limits *limits; /* to be set in it: ours may have been raised */
	/* Called when it has been let go, until it has exec'ed or ended: for who traces it, and must attend to its stops. Or NULL. */
	void (*attend)(void *data);
	void *attend_data;
};

/* Raises our soft limits to the hard ones. */
void target_raise_limits(struct target_limits *limits);
/* Forks a child that waits at the gate. */
int target_hold(struct target *target, struct pool *pool, const struct target_program *program, struct error *err);
/* Lets the child exec and waits until it has. -1: exec failed; status 126, or 127 as env(1). */
int target_go(struct target *target, const struct target_program *program, struct error *err);
/* Takes a process as it is. What would be passed on to the program means that it is to be left. */
int target_adopt(struct target *target, struct pool *pool, pid_t pid, struct error *err);
/* The same by word of mouth. */
void target_ask_to_leave(void);
/* Signal NUMBER, one of those that are passed on to the program, is ours from now on. Before target_hold. */
void target_keep_signal(int number);
/* How often it has come since the last time that this was asked. */
unsigned int target_kept_signals(int number);
/* In a child of the collector's: what is meant for the program, or for the collector, is not for it. */
void target_ignore_signals(void);
/* Gives up a held child. */
void target_cancel(struct target *target);
/* Whether it has ended by now (then status and usage are set), or is to be left. */
bool target_poll(struct target *target);
/* 128 + N, or the exit code. */
int target_exit_status(const struct target *target);


#endif
