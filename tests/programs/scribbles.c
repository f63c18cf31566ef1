/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -D_GNU_SOURCE */
/*
 * scribbles WHERE WHAT [CHILD]: a wild write over what memtrace shares with the program: WHERE is its part, head, processes, slots,
 * rings or all, WHAT is the bytes, zeros, ones or random ones. It allocates before and after, and ends with _exit(37) whatever that
 * does to itself; with CHILD a child goes on a while longer.
 */
#include <signal.h>
#include <sys/resource.h>
#include "memtrace/wire.h"
#include "truth.h"

static void some(int n)
{
	for (int i = 0; i < n; i++) {
		void *block = malloc(16 + i % 1000);

		if (i % 3)
			free(block);
	}
}

static uint64_t chance(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 33;
}

static void scribble(uint64_t *from, uint64_t *to, const char *what)
{
	for (; from < to; from++)
		if (what[0] == 'z')
			*from = 0;
		else if (what[0] == 'o')
			*from = UINT64_MAX;
		else if (chance() % 4 == 0) /* here and there, small numbers among them */
			*from = chance() % 2 ? chance() << 32 | chance() : chance() % 5;
}

/* Mappings of the pool: its head, with the tables, or a ring. */
static void scribble_all(const char *where, const char *what)
{
	static char maps[1 << 16];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, maps + size, sizeof maps - 1 - size)) > 0)
		size += n;
	close(fd);
	for (char *rest = maps, *line; (line = strsep(&rest, "\n"));) {
		unsigned long start, end, offset;
		char *base;

		if (!strstr(line, "memfd:memtrace") || sscanf(line, "%lx-%lx rw-s %lx", &start, &end, &offset) != 3)
			continue;
		base = (char *)start - offset;
		if (offset && (where[0] == 'r' || where[0] == 'a'))
			scribble((void *)start, (void *)end, what);
		if (!offset && (where[0] == 'h' || where[0] == 'a'))
			scribble((void *)base, (void *)(base + WIRE_PROCESSES_AT), what);
		if (!offset && (where[0] == 'p' || where[0] == 'a'))
			scribble((void *)(base + WIRE_PROCESSES_AT), (void *)(base + WIRE_SLOTS_AT), what);
		if (!offset && (where[0] == 's' || where[0] == 'a'))
			scribble((void *)(base + WIRE_SLOTS_AT), (void *)end, what);
	}
}

static void leave(int number)
{
	(void)number;
	_exit(37);
}

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, leave);
	signal(SIGBUS, leave);
	signal(SIGALRM, leave);
	alarm(2); /* it may wait for an answer that it has wiped out itself */
	some(20000);
	if (argc > 3 && fork() == 0) {
		usleep(300000);
		some(100);
		_exit(0);
	}
	if (argc > 2)
		scribble_all(argv[1], argv[2]);
	some(20000);
	_exit(37);
}
