/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Process ids on the command line.
 */
#ifndef CMD_ASKING_H
#define CMD_ASKING_H

#include <stdint.h>
#include "base/error.h"

/* TEXT as the process id that COMMAND was given. */
int asking_pid(const char *command, const char *text, int32_t *pid, struct error *err);

#endif
