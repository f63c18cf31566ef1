/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the library for programs is, by a path that LD_PRELOAD can say. */
#ifndef CMD_SHIM_PATH_H
#define CMD_SHIM_PATH_H

#include <limits.h>
#include "base/error.h"

int shim_path(char path[PATH_MAX], struct error *err);
/* That for static programs, beside it; malloc'ed. Behind shim_path. */
char *shim_path_static(void);

#endif
