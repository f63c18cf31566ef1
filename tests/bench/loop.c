/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairs of malloc and free at a chosen depth of stack: what a tracer adds to one pair is the
 * difference to the same run without it. A pair frees the oldest of 256 blocks and allocates its
 * successor, of another size.
 *
 *   loop fixed|leaf|tree DEPTH THREADS PAIRS
 *
 * DEPTH counts all frames of the stack, from _start or clone to the one that calls malloc; where
 * the shape needs more than that (six, eight and seven frames in main's thread), it is as few as
 * can be. The shapes:
 *
 * - fixed: always the same stack.
 * - leaf: the last two frames are one of eight pairs of functions, chosen anew each time.
 * - tree: a recursive walk that allocates in every call; the deepest call stands at DEPTH.
 *
 * The frames above are of seven kinds, as compilers make them: few and many saved registers, small
 * and big locals (CFA by rsp), alloca and arrays of variable length (CFA by rbp), so that no row
 * serves two frames in turn.
 *
 * All threads meet before the clock starts, after a sixteenth of the pairs was done to warm up, and
 * again at its end. Prints one JSON object: pairs that were timed, pairs in all, nanoseconds of
 * wall and of the process's CPU.
 */
#include <alloca.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noipa))
#endif

enum shape { FIXED, LEAF, TREE, N_SHAPES };
/* What stands above run(): _start, two of libc's and main; clone and one of libc's. */
enum { ABOVE_MAIN = 4, ABOVE_THREAD = 2 };
enum { BLOCKS = 256, THREADS_MAX = 64, TREE_LEVELS = 10, WARM_SHARE = 16 };

struct work {
	void *blocks[BLOCKS];
	uint64_t done, limit, warm, pairs, random;
	enum shape shape;
	int depth; /* from run() on */
};

static volatile int sink;
static pthread_barrier_t meeting;
static uint64_t start_wall_ns, start_cpu_ns, end_wall_ns, end_cpu_ns;

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline __attribute__((always_inline)) void pair(struct work *work)
{
	void **block = &work->blocks[work->done++ % BLOCKS];

	free(*block);
	*block = malloc(16 + work->done % 16 * 8);
}

/* Eight pairs of functions, no two alike in their frames. */
#define LEAF_SITE(i)                                                                               \
	static APART int inner_##i(struct work *work, int x)                                       \
	{                                                                                          \
		char local[8 + i * 8];                                                             \
		local[0] = (char)x;                                                                \
		sink = local[0];                                                                   \
		pair(work);                                                                        \
		return local[0];                                                                   \
	}                                                                                          \
	static APART int outer_##i(struct work *work, int x)                                       \
	{                                                                                          \
		return inner_##i(work, x + i) + 1;                                                 \
	}
LEAF_SITE(0)
LEAF_SITE(1)
LEAF_SITE(2)
LEAF_SITE(3)
LEAF_SITE(4)
LEAF_SITE(5)
LEAF_SITE(6)
LEAF_SITE(7)
static int (*const sites[8])(struct work *, int) = {
	outer_0, outer_1, outer_2, outer_3, outer_4, outer_5, outer_6, outer_7};

static APART int fixed_walk(struct work *work)
{
	while (work->done < work->limit)
		pair(work);
	return (int)work->done;
}

static APART int leaf_walk(struct work *work)
{
	int sum = 0;

	while (work->done < work->limit) {
		work->random = work->random * 6364136223846793005u + 1442695040888963407u;
		sum += sites[work->random >> 61](work, (int)(work->random >> 33 & 127));
	}
	return sum;
}

static APART int tree_walk(struct work *work, int level)
{
	int sum = 1;

	pair(work);
	if (level == 0 || work->done >= work->limit)
		return sum;
	sum += tree_walk(work, level - 1);
	sum += tree_walk(work, level - 1);
	return sum;
}

/* Beside run(), trees() and the walk's first call. */
static int tree_levels(int depth)
{
	int levels = depth - 3;

	return levels < 1 ? 1 : levels < TREE_LEVELS ? levels : TREE_LEVELS;
}

static APART int trees(struct work *work)
{
	int sum = 0;

	while (work->done < work->limit)
		sum += tree_walk(work, tree_levels(work->depth));
	return sum;
}

static int descend(struct work *work, int left);

/* What a frame of any kind does: goes on, and has something to do afterwards. */
#define FRAME(name, locals)                                                                        \
	static APART int name(struct work *work, int left)                                         \
	{                                                                                          \
		uint64_t before = work->done, kept = work->random;                                 \
		locals;                                                                            \
		local[0] = (char)left;                                                             \
		sink = local[0];                                                                   \
		return descend(work, left - 1) + local[0] + (int)(before - work->done) +           \
		       (int)(kept & 1);                                                            \
	}
FRAME(frame_small, char local[8])
FRAME(frame_middle, char local[200])
FRAME(frame_big, char local[3000])
FRAME(frame_alloca, char *local = alloca(16 + (size_t)(left & 3) * 16))
FRAME(frame_array, char local[8 + (left & 7) * 8])

static APART int frame_bare(struct work *work, int left)
{
	return descend(work, left - 1) ^ left;
}

static APART int frame_registers(struct work *work, int left)
{
	uint64_t a = work->done, b = work->limit, c = work->random, d = a + b, e = b ^ c;
	int sum = descend(work, left - 1);

	return sum + (int)(a ^ b ^ c ^ d ^ e ^ work->done);
}

static int (*const frames[])(struct work *, int) = {frame_small, frame_middle, frame_alloca,
	frame_registers, frame_big, frame_bare, frame_array};

/* Inlined into each frame: not one of the stack's own. */
static inline __attribute__((always_inline)) int descend(struct work *work, int left)
{
	static int (*const walks[])(struct work *) = {fixed_walk, leaf_walk, trees};

	return left > 0 ? frames[left % 7](work, left) : walks[work->shape](work);
}

/* Frames between run() and the walk's; below 1: none. */
static int frames_above(const struct work *work)
{
	static const int below[] = {[FIXED] = 2, [LEAF] = 4};

	if (work->shape == TREE)
		return work->depth - 3 - tree_levels(work->depth);
	return work->depth - below[work->shape];
}

static void *run(void *argument)
{
	struct work *work = argument;

	for (int timed = 0; timed < 2; timed++) {
		work->limit = timed ? work->warm + work->pairs : work->warm;
		if (pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD) {
			start_wall_ns = now_ns(CLOCK_MONOTONIC);
			start_cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
		}
		sink = descend(work, frames_above(work));
	}
	if (pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD) {
		end_wall_ns = now_ns(CLOCK_MONOTONIC);
		end_cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	}
	for (int i = 0; i < BLOCKS; i++)
		free(work->blocks[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"fixed", "leaf", "tree"};
	static struct work works[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	int threads = argc > 4 ? atoi(argv[3]) : 0, shape = 0;
	uint64_t each;

	while (threads && shape < N_SHAPES && strcmp(names[shape], argv[1]) != 0)
		shape++;
	if (threads < 1 || threads > THREADS_MAX || shape == N_SHAPES) {
		fprintf(stderr, "usage: loop fixed|leaf|tree DEPTH THREADS PAIRS\n");
		return 2;
	}
	each = strtoull(argv[4], NULL, 10) / (uint64_t)threads;
	pthread_barrier_init(&meeting, NULL, (unsigned int)threads);
	for (int i = 0; i < threads; i++)
		works[i] = (struct work){.shape = (enum shape)shape,
			.depth = atoi(argv[2]) - (i ? ABOVE_THREAD : ABOVE_MAIN),
			.pairs = each,
			.warm = each / WARM_SHARE,
			.random = 88172645463325252u + (uint64_t)i};
	for (int i = 1; i < threads; i++)
		pthread_create(&ids[i], NULL, run, &works[i]);
	run(&works[0]);
	for (int i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("{\"pairs\": %lu, \"all_pairs\": %lu, \"wall_ns\": %lu, \"cpu_ns\": %lu}\n",
		each * (uint64_t)threads, (each + each / WARM_SHARE) * (uint64_t)threads,
		end_wall_ns - start_wall_ns, end_cpu_ns - start_cpu_ns);
	return 0;
}
