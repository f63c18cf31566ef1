/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -pthread */
/*
 * sampled THREADS N [keep] [fork] [wait]: its threads allocate N blocks each, of mixed sizes and in all ways there are, and free what any of them
 * has allocated, so that most frees are another thread's; what lives at the end is freed, or with "keep" it stays. With "fork" a
 * child frees half of what it got from its parent, and does the same again. With "wait" all that is only done when there is a file `go`, and
 * then it stays until there is a file `stop`, after a file `done`. Ends with status 7.
 */
#include <pthread.h>
#include <sys/wait.h>
#include "truth.h"

enum { SLOTS = 4096, SIZE_SHIFT = 48 };

static uint64_t slots[SLOTS]; /* an address, and the size above it */
static long n_blocks;

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static size_t choose_size(uint32_t random)
{
	return random % 64 == 0 ? random / 64 % 60000 : random % 8 == 1 ? random / 64 % 2000 : random / 64 % 65;
}

static void *make(uint32_t random, size_t size)
{
	void *block = NULL;

	switch (random >> 28) {
	case 0:
		return MADE(size, calloc(1, size));
	case 1:
		return MADE(size, posix_memalign(&block, 64, size) ? NULL : block);
	case 2:
		block = MADE(size, malloc(size));
		return MOVED((long long)size, size, realloc(block, size ? size : 1) ?: block);
	case 3:
		/* One that fails: the block stays. */
		block = MADE(size, malloc(size));
		if (realloc(block, SIZE_MAX / 2 - random))
			_exit(98);
		return block;
	default:
		return MADE(size, malloc(size));
	}
}

static void swap(uint32_t slot, void *block, size_t size)
{
	uint64_t old = __atomic_exchange_n(&slots[slot % SLOTS], (uintptr_t)block | (uint64_t)size << SIZE_SHIFT, __ATOMIC_ACQ_REL);
	void *gone = (void *)(old & ((1ull << SIZE_SHIFT) - 1));

	if (gone)
		GONE((long long)(old >> SIZE_SHIFT), free(gone));
}

static void *work(void *number)
{
	uint32_t state = 12345 + 7919 * (uint32_t)(uintptr_t)number;

	for (long i = 0; i < n_blocks; i++) {
		uint32_t random = next(&state);
		size_t size = choose_size(next(&state));

		/* realloc of nothing frees. */
		size += random >> 28 == 2 && !size;
		swap(next(&state), make(random, size), size);
	}
	return NULL;
}

static void all_work(long n_threads)
{
	pthread_t threads[64];

	for (long i = 0; i < n_threads; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 1));
	work(NULL);
	for (long i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
}

static void empty(uint32_t step)
{
	for (uint32_t i = 0; i < SLOTS; i += step)
		swap(i, NULL, 0);
}

/* What a child does counts from its birth. */
static void child(long n_threads)
{
	char suffix[32];

	for (uint32_t i = 0; i < SLOTS; i++)
		if (i % 2) {
			free((void *)(slots[i] & ((1ull << SIZE_SHIFT) - 1)));
			slots[i] = 0;
		}
	memset(slots, 0, sizeof slots);
	truth = (struct truth){ .peak = -1 };
	all_work(n_threads);
	snprintf(suffix, sizeof suffix, ".%d", getpid());
	truth_write(suffix);
	_exit(0);
}

static void wait_for(const char *file)
{
	while (access(file, F_OK) < 0)
		usleep(2000);
}

static int has(int argc, char **argv, const char *word)
{
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	long n_threads = truth_argument(argc, argv, 1, 0);
	int waits = has(argc, argv, "wait"), status = 0;

	n_blocks = truth_argument(argc, argv, 2, 1000);
	truth.peak = -1;
	if (waits) {
		close(open("ready", O_WRONLY | O_CREAT, 0666));
		wait_for("go");
	}
	all_work(n_threads);
	if (has(argc, argv, "fork")) {
		pid_t pid = fork();

		if (pid == 0)
			child(n_threads);
		waitpid(pid, &status, 0);
	}
	if (!has(argc, argv, "keep"))
		empty(1);
	truth_write(NULL);
	if (waits) {
		close(open("done", O_WRONLY | O_CREAT, 0666));
		wait_for("stop");
	}
	return status ? 96 : 7;
}
