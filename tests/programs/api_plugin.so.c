/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plugin with a pool of its own, which it tells of. */
#include <memtrace.h>

static char pool[64];

/* What memtrace_track said. */
int api_plugin_track(void)
{
	memtrace_name_domain(101, "plugin");
	return memtrace_track(101, pool, sizeof pool);
}
