/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many live blocks, so that what the collector keeps of one can be weighed; then, for its time,
 * random ones of them are replaced by others. All are live at the end.
 *
 *   live_blocks BLOCKS REPLACED
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	size_t count = argc > 2 ? strtoull(argv[1], NULL, 10) : 0, replaced;
	uint64_t random = 88172645463325252u;
	void **blocks = malloc(count * sizeof *blocks);

	if (!count || !blocks) {
		fprintf(stderr, "usage: live_blocks BLOCKS REPLACED\n");
		return 2;
	}
	replaced = strtoull(argv[2], NULL, 10);
	for (size_t i = 0; i < count; i++)
		blocks[i] = malloc(16 + i % 7 * 8);
	for (size_t i = 0; i < replaced; i++) {
		void **block;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		block = &blocks[random % count];
		free(*block);
		*block = malloc(16 + i % 7 * 8);
	}
	_Exit(!blocks[count - 1]);
}
