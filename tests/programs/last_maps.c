/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -O2 ldflags: -pthread */
/*
 * last_maps: functions that libc calls map as the last thing they do, by a jump, so that it is libc that mmap and munmap return to. 3 MiB
 * stay mapped.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

enum { MIB = 1 << 20 };
static void *other;

static void *map(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void *begin(void *argument)
{
	(void)argument;
	return mmap(NULL, 3 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void unmap_other(void)
{
	munmap(other, 5 * MIB);
}

int main(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_t thread;
	void *mapped = MAP_FAILED;

	other = map(5 * MIB);
	if (other == MAP_FAILED || pthread_create(&thread, NULL, begin, NULL) || pthread_join(thread, &mapped))
		return 1;
	pthread_once(&once, unmap_other);
	return mapped == MAP_FAILED;
}
