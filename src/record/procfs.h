/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel says of other processes, by /proc (proc(5)).
 */
#ifndef RECORD_PROCFS_H
#define RECORD_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_process {
	char name[64];           /* at most 15 bytes of it */
	char state;              /* 'R', 'S', 'T' stopped, 'Z' ended and not waited for, … */
	pid_t parent;
	uint64_t start;          /* when it began, in clock ticks since boot: tells it from another one of its pid */
	uid_t uid;               /* effective */
};

/* Where a process keeps its files, as far as it matters to who looks for them later. */
struct procfs_home {
	pid_t pid, parent;       /* as it calls itself and its parent: other numbers in another pid namespace; 0: not known */
	uid_t uid;               /* effective; PROCFS_NOBODY: not known */
	uint64_t born_ns;        /* when the process began, as far as /proc tells, of CLOCK_REALTIME; 0: not known */
	bool elsewhere;          /* its / or its mounts are seen not to be ours */
};
#define PROCFS_NOBODY UINT32_MAX
/* What can be seen of PID: uid, born_ns and elsewhere. */
void procfs_visit(pid_t pid, struct procfs_home *home);

/* Milliseconds since it began; those of a container may be off. */
int64_t procfs_age_ms(const struct procfs_process *process);
/* Bytes of PID that are resident; 0: not known, or it has gone. */
uint64_t resident_bytes(int32_t pid);
/* The pid, here, of the one that is PID in the pid namespace of that inode; 0: there is none, or /proc does not show it. */
pid_t procfs_find(uint64_t pid_namespace, pid_t pid);
/* The inode of the pid namespace of the process FILE of /proc ("self"); 0: not known. */
uint64_t procfs_namespace(const char *file);
/* False: there is no such process, or /proc does not show it. */
bool procfs_look(pid_t pid, struct procfs_process *process);
/* Where its stack began when its present program was loaded: an exec gives it another. 0: we may not know. */
uint64_t procfs_stack_start(pid_t pid);
/* Whether it has memtrace's library mapped: 1, or 0, or -1: we may not know. */
int procfs_has_shim(pid_t pid);

#endif
