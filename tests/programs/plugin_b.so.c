/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plugin of two that look alike (the other one), so that one is mapped where the other was: the same addresses, other names. */
#include <stdlib.h>

void *plugin_make(size_t size)
{
	return malloc(size);
}
