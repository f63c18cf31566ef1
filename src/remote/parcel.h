/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library for a process that may not see the file: in another mount namespace, or with another root.
 */
#ifndef REMOTE_PARCEL_H
#define REMOTE_PARCEL_H

#include <stdbool.h>
#include <sys/types.h>

#define PARCEL_NAME "libmemtrace.so"

/* Does PID find our file at PATH by that path? */
bool parcel_is_seen(pid_t pid, const char *path);
/* PID's descriptor of the memfd that it made by that name; -1: there is none. */
int parcel_find(pid_t pid);
/* Copies the file at PATH into it. -1 with errno. */
int parcel_fill(pid_t pid, int fd, const char *path);

#endif
