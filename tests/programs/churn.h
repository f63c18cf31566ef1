/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that live inside malloc: what a program does beside what it accounts for. Its blocks have this file for their most
 * recent frame.
 */
#ifndef CHURN_H
#define CHURN_H

#include <stdlib.h>

enum { CHURN_BLOCKS = 64 };

struct churn {
	void *blocks[CHURN_BLOCKS];
	unsigned long at;
};

static __attribute__((noinline)) void churn(struct churn *churn)
{
	for (int i = 0; i < 1000; i++) {
		void **block = &churn->blocks[churn->at++ % CHURN_BLOCKS];

		free(*block);
		*block = malloc(1 + churn->at * 2654435761u % 3000);
		if (*block)
			*(volatile char *)*block = 1;
	}
}

static __attribute__((noinline)) void churn_end(struct churn *churn)
{
	for (int i = 0; i < CHURN_BLOCKS; i++)
		free(churn->blocks[i]);
}

#endif
