/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -ftls-model=global-dynamic */
/* A plugin whose threads' memory is made when a thread first asks for it: by the loader, with malloc. */
#include <stdlib.h>

static __thread char room[3000];

void *plugin_make(size_t size)
{
	room[0]++;
	room[sizeof room - 1]++;
	return room[0] == 1 ? malloc(size) : malloc(size + 1);
}
