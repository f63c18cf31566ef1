/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One sparse memfd holds everything that the watched processes share with us, so that nothing in the target ever
 * creates or sizes a file: ftruncate there would raise SIGXFSZ under RLIMIT_FSIZE. It lives exactly as long as
 * somebody maps it; there is no name to leave behind.
 *
 * Death is told by a robust mutex: the kernel sets FUTEX_OWNER_DIED in its word when the owner goes, however it
 * went, and the shim reads that word without a system call.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>
#include "base/memory.h"
#include "record/pool.h"

enum { PIPE_BYTES = 1 << 20, HIGH_DESCRIPTOR = 400 };
#define RING_BUDGET (128ull << 20)

static pthread_mutex_t *collector_mutex(struct pool *pool)
{
	_Static_assert(sizeof(pthread_mutex_t) <= sizeof pool->mutex, "the mutex fits its line");
	return (pthread_mutex_t *)&pool->head->collector_alive;
}

/* A number that the program is unlikely to use, so that the first image finds the descriptor where we say. */
static int move_high(int fd)
{
	struct rlimit limit;
	int at = HIGH_DESCRIPTOR;

	if (fd < 0)
		return fd;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HIGH_DESCRIPTOR + 8)
		at = limit.rlim_cur > 24 ? (int)limit.rlim_cur - 8 : 3;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, at);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

/* A limit on file sizes counts for shared memory too; its signal must not be the end of us. */
static int size_memory(int fd)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, former;
	int result, saved;

	sigaction(SIGXFSZ, &ignore, &former);
	result = ftruncate(fd, WIRE_POOL_SIZE);
	saved = errno;
	sigaction(SIGXFSZ, &former, NULL);
	errno = saved;
	return result;
}

static int make_descriptors(struct pool *pool, struct error *err)
{
	int ends[2];

	pool->memory_fd = move_high(memfd_create("memtrace", MFD_CLOEXEC));
	if (pool->memory_fd < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot make shared memory: %s", strerror(errno));
	if (size_memory(pool->memory_fd) < 0) {
		bool limited = errno == EFBIG;

		error_status(err, EXIT_MEMTRACE_FAILED, "cannot size the shared memory: %s%s", strerror(errno),
			limited ? " (the limit on file sizes)" : "");
		return limited ? error_hint(err, "raise the hard limit on file sizes: ulimit -Hf") : -1;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot make a pipe: %s", strerror(errno));
	pool->pipe_read = move_high(ends[0]);
	pool->pipe_write = move_high(ends[1]);
	fcntl(pool->pipe_read, F_SETFL, O_NONBLOCK);
	fcntl(pool->pipe_read, F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

int pool_make(struct pool *pool, const struct pool_options *options, struct error *err)
{
	struct wire_pool *head;

	memset(pool, 0, sizeof *pool);
	pool->memory_fd = pool->pipe_read = pool->pipe_write = -1;
	if (make_descriptors(pool, err) < 0)
		goto failed;
	head = mmap(NULL, WIRE_RINGS_AT, PROT_READ | PROT_WRITE, MAP_SHARED, pool->memory_fd, 0);
	if (head == MAP_FAILED) {
		error_status(err, EXIT_MEMTRACE_FAILED, "cannot map the shared memory: %s", strerror(errno));
		goto failed;
	}
	pool->head = head;
	pool->processes = (void *)((uint8_t *)head + WIRE_PROCESSES_AT);
	pool->slots = (void *)((uint8_t *)head + WIRE_SLOTS_AT);
	head->magic = WIRE_MAGIC;
	head->version = WIRE_VERSION;
	head->transport = options->transport;
	if (getrandom(&head->key, sizeof head->key, 0) != sizeof head->key)
		head->key = __rdtsc() ^ (uint64_t)getpid() << 32;
	head->frames_limit = options->frames_limit;
	head->follow = (options->follow_fork ? WIRE_FOLLOW_FORK : 0) | (options->follow_exec ? WIRE_FOLLOW_EXEC : 0);
	head->paused = options->paused;
	head->leaks = options->leaks;
	head->sample = options->sample;
	head->sample_seed = options->sample_seed;
	if (!head->sample_seed && getrandom(&head->sample_seed, sizeof head->sample_seed, 0) != sizeof head->sample_seed)
		head->sample_seed = head->key * 0x9E3779B97F4A7C15ull;
	head->wait_ms = 10000;
	head->ring_budget = RING_BUDGET;
	pool_enter(pool);
	return 0;
failed:
	pool_close(pool);
	return -1;
}

void pool_close(struct pool *pool)
{
	for (uint32_t slot = 0; slot < WIRE_SLOTS; slot++)
		if (pool->rings[slot])
			munmap(pool->rings[slot], WIRE_RING_MAX);
	if (pool->head)
		munmap(pool->head, WIRE_RINGS_AT);
	for (int i = 0; i < 3; i++) {
		int fd = (int[]){ pool->memory_fd, pool->pipe_read, pool->pipe_write }[i];
		if (fd >= 0)
			close(fd);
	}
	memset(pool, 0, sizeof *pool);
	pool->memory_fd = pool->pipe_read = pool->pipe_write = -1;
}

char *pool_environment(const struct pool *pool)
{
	struct stat memory, pipe;

	fstat(pool->memory_fd, &memory);
	fstat(pool->pipe_write, &pipe);
	return xasprintf("%d:%d:%d:%lu:%d:%lu:%016lx", WIRE_VERSION, (int)getpid(), pool->memory_fd,
		(unsigned long)memory.st_ino, pool->pipe_write, (unsigned long)pipe.st_ino,
		(unsigned long)pool->head->key);
}

void pool_inherit(const struct pool *pool)
{
	fcntl(pool->memory_fd, F_SETFD, 0);
	fcntl(pool->pipe_write, F_SETFD, 0);
}

void pool_enter(struct pool *pool)
{
	pthread_mutexattr_t attributes;

	pool->head->collector_pid = getpid();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(collector_mutex(pool), &attributes);
	pthread_mutex_lock(collector_mutex(pool));
	pthread_mutexattr_destroy(&attributes);
	memcpy(pool->mutex, collector_mutex(pool), sizeof(pthread_mutex_t));
}

void pool_desert(struct pool *pool)
{
	__atomic_fetch_or((uint32_t *)&pool->head->collector_alive, FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
}

/* Unlocking follows pointers of ours that stand in it: not where somebody has written over them. */
void pool_leave(struct pool *pool)
{
	if (memcmp(pool->mutex, collector_mutex(pool), sizeof(pthread_mutex_t)) == 0)
		pthread_mutex_unlock(collector_mutex(pool));
}

const uint64_t *pool_ring(struct pool *pool, uint32_t slot)
{
	if (!pool->rings[slot]) {
		void *ring = mmap(NULL, WIRE_RING_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, pool->memory_fd,
			(off_t)(WIRE_RINGS_AT + (uint64_t)slot * WIRE_RING_MAX));
		/* Its program would wait for room as long as others get on. */
		if (ring == MAP_FAILED)
			memory_out();
		pool->rings[slot] = ring;
	}
	return (const uint64_t *)pool->rings[slot];
}

void pool_free_slot(struct pool *pool, uint32_t slot)
{
	struct wire_slot *entry = &pool->slots[slot];
	uint32_t capacity = entry->capacity;

	if (pool->rings[slot]) {
		munmap(pool->rings[slot], WIRE_RING_MAX);
		pool->rings[slot] = NULL;
	}
	fallocate(pool->memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		(off_t)(WIRE_RINGS_AT + (uint64_t)slot * WIRE_RING_MAX), WIRE_RING_MAX);
	if (capacity > WIRE_RING_MIN && capacity <= WIRE_RING_MAX)
		pool->head->ring_used -= capacity - WIRE_RING_MIN;
	entry->head = entry->tail = 0;
	entry->capacity = WIRE_RING_MIN;
	atomic_store_explicit(&entry->state, WIRE_SLOT_FREE, memory_order_release);
}

void pool_free_process(struct pool *pool, uint32_t process)
{
	struct wire_process *entry = &pool->processes[process];

	entry->flags = 0;
	entry->exec_pending = 0;
	entry->lost_events = entry->cut_stacks = entry->sequence = 0;
	entry->pid = 0;
	atomic_store_explicit(&entry->state, WIRE_PROCESS_FREE, memory_order_release);
}

void pool_announce_sleep(struct pool *pool)
{
	atomic_store(&pool->head->sleeping, 1);
}

void pool_wait(struct pool *pool, int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	syscall(SYS_futex, &pool->head->sleeping, FUTEX_WAIT, 1, &time, NULL, 0);
	atomic_store(&pool->head->sleeping, 0);
}

void pool_awake(struct pool *pool)
{
	if (!pool->head)
		return;
	atomic_store(&pool->head->sleeping, 0);
	syscall(SYS_futex, &pool->head->sleeping, FUTEX_WAKE, 1, NULL, NULL, 0);
}

uint64_t pool_now(void)
{
	unsigned int processor;

	return __rdtscp(&processor) >> WIRE_TICK_SHIFT;
}
