/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the seccomp filters of a process say about that which an attach has it do: most of a container's allow it all, others kill for
 * it. They are read out of the kernel, which lets only root do that (CAP_SYS_ADMIN, and no filter of its own), and run here.
 */
#ifndef REMOTE_FILTERS_H
#define REMOTE_FILTERS_H

#include "base/error.h"
#include "remote/process.h"

/* Stops one after the other, for a moment, the threads that are watched, and asks their filters about the calls that load a library, and those
 * that it lives on. 1: all of it is allowed, but for what harms nobody and is no more than refused. 0: nobody is watched. -1: something is not
 * allowed, or nobody can tell. */
int filters_judge(struct process *process, struct error *err);

#endif
