/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What /proc/PID/status says of whether a process can be traced, as sentences.
 */
#ifndef REMOTE_STATUS_H
#define REMOTE_STATUS_H

#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

/* -1: it is not there, has ended, stands still, is traced, is no process, or is locked in by seccomp's strict mode. */
int status_check(pid_t pid, struct error *err);
/* How seccomp watches thread TID of PID: 0 not, 1 strictly, 2 by filters. */
int status_seccomp(pid_t pid, pid_t tid);
/* Ptrace said no (errno's text is in ERR): why, and what to do about it. Returns -1. */
int status_explain(pid_t pid, struct error *err);
/* kernel.yama.ptrace_scope; 0 where there is none: users may trace their own processes. */
int status_ptrace_scope(void);
/* Who may trace with that SCOPE, 1 to 3, and what to do about it, as a clause. */
const char *status_scope_text(int scope);
/* Bytes of its anonymous memory that are resident; 0: not known. */
uint64_t status_anonymous(pid_t pid);

#endif
