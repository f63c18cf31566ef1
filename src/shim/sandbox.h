/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a seccomp filter says about the system calls that the shim itself lives on.
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include <linux/filter.h>

enum sandbox_verdict {
	SANDBOX_NONE,	   /* nothing that could be installed */
	SANDBOX_REFUSES,   /* some of what we call, or it cannot be told */
	SANDBOX_CHILDLESS, /* allows all that a traced process and its new threads call */
	SANDBOX_ALLOWS,	   /* and what a forked child begins with */
};

/* Of the filter that the program is about to install. */
enum sandbox_verdict sandbox_judge(const struct sock_fprog *filter);

#endif
