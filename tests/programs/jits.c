/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jits END HOW [LINE…]: code of its own making holds 1000 bytes, by main, "B" and "A", which have frame pointers and nothing else
 * to tell of them; then "A" alone 2000. Its map for perf, /tmp/perf-PID.map, stays behind. Prints "pid N".
 *
 * LINE: of the map; one that begins with A or B has the function's address in place of that letter, one that ends with \ no end.
 * HOW: file; others (the next line makes the file another user's); old (last written to in 2001); fifo, folder, link (to the
 * file of lines), none. END: exit; kill (by SIGKILL); wait (until its input ends); fork (a child has "A" hold 3000 bytes, and
 * prints its own pid).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*made)(long size);
enum { APART = 0x100 };

static void *held[16];
static int n_held;

static __attribute__((noinline)) void hold(long size)
{
	held[n_held++] = malloc((size_t)size);
}

/* push %rbp; mov %rsp, %rbp; movabs $callee, %rax; call *%rax; pop %rbp; ret */
static made make(unsigned char *at, made callee)
{
	static const unsigned char begin[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8}, end[] = {0xff, 0xd0, 0x5d, 0xc3};

	memcpy(at, begin, sizeof begin);
	memcpy(at + sizeof begin, &callee, sizeof callee);
	memcpy(at + sizeof begin + sizeof callee, end, sizeof end);
	return (made)(void *)at;
}

static void write_map(const char *path, char **lines, int n, unsigned char *code)
{
	FILE *file = fopen(path, "w");

	for (int i = 0; i < n; i++) {
		size_t size = strlen(lines[i]);
		int open_end = size && lines[i][size - 1] == '\\';
		const char *text = lines[i];

		if (*text == 'A' || *text == 'B')
			fprintf(file, "%lx", (unsigned long)(code + (*text++ - 'A') * APART));
		fprintf(file, "%.*s%s", (int)strlen(text) - open_end, text, open_end ? "" : "\n");
	}
	fclose(file);
}

static void leave_map(const char *how, const char *path, char **lines, int n, unsigned char *code)
{
	const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
	char real[64];

	snprintf(real, sizeof real, "%s.real", path);
	if (strcmp(how, "fifo") == 0 && mkfifo(path, 0600) < 0)
		abort();
	if (strcmp(how, "folder") == 0 && mkdir(path, 0700) < 0)
		abort();
	if (strcmp(how, "link") == 0 && symlink(real, path) < 0)
		abort();
	if (strcmp(how, "link") == 0)
		write_map(real, lines, n, code);
	if (strcmp(how, "file") == 0 || strcmp(how, "others") == 0 || strcmp(how, "old") == 0)
		write_map(path, lines, n, code);
	if (strcmp(how, "others") == 0 && chown(path, 54321, 54321) < 0)
		abort();
	if (strcmp(how, "old") == 0 && utimensat(AT_FDCWD, path, old, 0) < 0)
		abort();
}

int main(int argc, char **argv)
{
	unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	made a = make(code, hold), b = make(code + APART, a);
	char path[64], byte;

	if (argc < 3)
		return 2;
	snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
	leave_map(argv[2], path, argv + 3, argc - 3, code);
	b(1000);
	a(2000);
	printf("pid %d\n", getpid());
	fflush(stdout);
	if (strcmp(argv[1], "fork") == 0 && fork() == 0) {
		a(3000);
		printf("pid %d\n", getpid());
		return 0;
	}
	while (strcmp(argv[1], "fork") == 0 && wait(NULL) > 0)
		;
	while (strcmp(argv[1], "wait") == 0 && read(0, &byte, 1) > 0)
		;
	if (strcmp(argv[1], "kill") == 0)
		raise(SIGKILL);
	return 0;
}
