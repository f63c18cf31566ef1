/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pid is digits and nothing else; the kernel has none above 2^22 (proc(5), pid_max), which nobody needs to know.
 */
#include "cmd/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int asking_pid(const char *command, const char *text, int32_t *pid, struct error *err)
{
	long value;

	errno = 0;
	value = strtol(text, NULL, 10);
	if (!*text || strspn(text, "0123456789") != strlen(text) || errno || value < 1 || value > INT32_MAX)
		return error_set(err, "%s: '%s' is no process id", command, text);
	*pid = (int32_t)value;
	return 0;
}
