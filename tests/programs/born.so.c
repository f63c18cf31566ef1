/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library that allocates already when it is loaded: 3 blocks of 1000 bytes that it keeps, and 2 that it frees. */
#include <stdlib.h>

static void *kept[3];

__attribute__((constructor)) static void begin(void)
{
	for (int i = 0; i < 3; i++) {
		kept[i] = malloc(1000);
		if (i > 0) {
			void *volatile gone = malloc(1000);

			free(gone);
		}
	}
}
