/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * eats [MB]: takes memory, a megabyte at a time, and writes to all of it, until somebody ends it, or malloc gives it no more (status
 * 35), or it has so much (status 36). In the file $TRUTH, which is mapped, it counts its blocks behind each call: a 64-bit number.
 * What a kill finds under way is the page that is written to next, within malloc or behind it, so the number is exact.
 */
#include <sys/mman.h>
#include "truth.h"

int main(int argc, char **argv)
{
	const size_t megabyte = 1 << 20;
	const char *file = getenv("TRUTH");
	int fd = open(file ? file : "eats.truth", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	long most = truth_argument(argc, argv, 1, 1 << 20);
	volatile uint64_t *count;

	if (fd < 0 || ftruncate(fd, sizeof *count) < 0)
		return 99;
	count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (count == MAP_FAILED)
		return 99;
	while (*count < (uint64_t)most) {
		void *block = malloc(megabyte);

		if (!block)
			return 35;
		++*count;
		memset(block, 1, megabyte);
	}
	return 36;
}
