/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The version, in its one place.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define MEMTRACE_VERSION "0.1.0"

#endif
