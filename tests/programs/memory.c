/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -pthread -fno-builtin */
/* memory heap|maps|stacks FILE: makes 32 MiB resident in one way, says so and waits for the end of its input.
 *
 *   heap    blocks, of which it frees all but each tenth, so that the allocator can give none of it back
 *   maps    16 MiB that it maps without a file, and all of FILE (16 MiB), half of which it writes to
 *   stacks  of 32 threads, 1 MiB each
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 32768, BLOCK = 1001, THREADS = 32, MIB = 1 << 20 };

static pthread_barrier_t ready;

static void *touch(void *data)
{
	volatile char own[MIB];

	for (size_t i = 0; i < sizeof own; i += 512)
		own[i] = 1;
	pthread_barrier_wait(&ready);
	pause();
	return data;
}

static void heap(void)
{
	static char *blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		memset(blocks[i] = malloc(BLOCK), 1, BLOCK);
	for (int i = 0; i < BLOCKS; i++) {
		if (i % 10)
			free(blocks[i]);
	}
}

static void maps(const char *file)
{
	char *mapped = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(file, O_RDONLY);
	volatile char *of_file = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char sum = 0;

	memset(mapped, 1, 16 * MIB);
	for (int i = 0; i < 16 * MIB; i += 512) {
		sum += of_file[i];
		if (i < 8 * MIB)
			of_file[i] = sum;
	}
}

static void stacks(void)
{
	pthread_barrier_init(&ready, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&(pthread_t){0}, NULL, touch, NULL);
	pthread_barrier_wait(&ready);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (strcmp(how, "heap") == 0)
		heap();
	else if (strcmp(how, "maps") == 0 && argc > 2)
		maps(argv[2]);
	else
		stacks();
	write(STDOUT_FILENO, "ready\n", 6);
	while (read(STDIN_FILENO, &(char){0}, 1) > 0)
		;
	return 0;
}
