/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* Chains of realloc: grow in place, grow and move, shrink, the same size, from and to nothing; many blocks at once. */
#include "truth.h"

enum { BLOCKS = 200, STEPS = 20000 };

int main(int argc, char **argv)
{
	static char *blocks[BLOCKS];
	static size_t sizes[BLOCKS];
	unsigned int seed = (unsigned int)truth_argument(argc, argv, 1, 1);
	char *chain = MADE(1, malloc(1)), *wall;
	size_t size = 1;

	for (; size < 1 << 20; size *= 2) { /* walls make it move */
		chain = MOVED(size, size * 2, realloc(chain, size * 2));
		wall = MADE(24, malloc(24));
		if (size & 0x5555)
			GONE(24, free(wall));
	}
	for (; size > 3; size /= 3)
		chain = MOVED(size, size / 3, realloc(chain, size / 3));
	chain = MOVED(size, size, realloc(chain, size));
	GONE(size, free(chain));

	for (int step = 0; step < STEPS; step++) {
		int at = rand_r(&seed) % BLOCKS;
		size_t want = (size_t)(rand_r(&seed) % 100 ? rand_r(&seed) % 5000 + 1 : 300000);

		if (blocks[at] && rand_r(&seed) % 4 == 0) {
			GONE(sizes[at], free(blocks[at]));
			blocks[at] = NULL;
			continue;
		}
		if (!blocks[at])
			blocks[at] = MADE(want, realloc(NULL, want));
		else
			blocks[at] = MOVED(sizes[at], want, realloc(blocks[at], want));
		sizes[at] = want;
	}
	truth_write(NULL);
	return 0;
}
