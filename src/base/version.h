/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The version, in its one place: scripts/version reads this line for what is built of the tree, scripts/check-docs holds the newest
 * release in man/NEWS to it. A release is: this line, its entry there, make deb dist.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define MEMTRACE_VERSION "0.1.0"

#endif
