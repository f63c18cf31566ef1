/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors for a process that cannot come and fetch them, since it lives in another container: it has made a pair of sockets and
 * waits at one of them; they are sent through the other, which is borrowed for that.
 */
#ifndef REMOTE_KNOCK_H
#define REMOTE_KNOCK_H

#include <sys/types.h>

/* Sends DESCRIPTORS through PID's socket number FD. Nobody is told whether that went well: who waits there sees it. */
void knock_answer(pid_t pid, int fd, const int descriptors[2]);

#endif
