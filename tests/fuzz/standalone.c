/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A main for fuzzers where there is no libFuzzer:  FUZZER [--seconds N | --runs N] FILE-OR-FOLDER…
 *
 * Every file is handed over as it is, then mutations of them until the time is up: flipped bits,
 * bytes of a few cruel values, cut and repeated and inserted parts, blown-up lengths, pieces of
 * other files. The mutations come from a generator with a fixed start: run I is the same on every
 * machine, so a failure comes again; its input is left in fuzz-failed.bin. There is no guidance by
 * coverage; that is what `make fuzz-guided` is for.
 *
 * An input that takes longer than SLOW_SECONDS ends the process like a crash: parsers of foreign
 * bytes must not hang.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)
#define SLOW_SECONDS 10

#pragma weak fuzz_fix

struct input {
	uint8_t *data;
	size_t size;
};

static struct {
	struct input *items;
	size_t count;
} corpus;

static struct input present; /* what the parser is busy with, for the failure */
static uint64_t state;

static uint64_t chance(uint64_t below)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) % below;
}

static void die(const char *what, const char *name)
{
	fprintf(stderr, "fuzz: %s %s: %s\n", what, name, strerror(errno));
	exit(2);
}

static void add_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	struct input input = {malloc(INPUT_MAX), 0};

	if (!file || !input.data)
		die("cannot read", name);
	input.size = fread(input.data, 1, INPUT_MAX, file);
	fclose(file);
	input.data = realloc(input.data, input.size ? input.size : 1);
	corpus.items = realloc(corpus.items, (corpus.count + 1) * sizeof(*corpus.items));
	if (!input.data || !corpus.items)
		die("no memory for", name);
	corpus.items[corpus.count++] = input;
}

/* Files of a folder in the order of their names, so that runs are the same everywhere. */
static void add(const char *name)
{
	struct dirent **entries;
	struct stat status;

	if (stat(name, &status) < 0)
		die("no such corpus", name);
	if (!S_ISDIR(status.st_mode)) {
		add_file(name);
		return;
	}
	int n = scandir(name, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", name, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && stat(path, &status) == 0 &&
			S_ISREG(status.st_mode))
			add_file(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* Leaves the input behind; only what a signal handler may call. */
static void leave_input(int number)
{
	static const char line[] = "fuzz: the input is in fuzz-failed.bin\n";
	int fd = open("fuzz-failed.bin", O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || (present.data && write(fd, present.data, present.size) < 0) ||
		write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(2);
	signal(number, SIG_DFL);
	raise(number == SIGALRM ? SIGABRT : number);
}

/* A sanitizer ends the process without a signal, but by way of here. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void sanitizer_died(void)
{
	leave_input(SIGALRM);
}

static uint64_t cruel_number(void)
{
	static const uint64_t numbers[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX};

	return numbers[chance(sizeof(numbers) / sizeof(*numbers))];
}

/* Opens a gap of N bytes at AT. */
static size_t open_gap(uint8_t *data, size_t size, size_t at, size_t n)
{
	if (size + n > INPUT_MAX)
		return size;
	memmove(data + at + n, data + at, size - at);
	return size + n;
}

static size_t insert(uint8_t *data, size_t size)
{
	const struct input *other = &corpus.items[chance(corpus.count)];
	size_t at = chance(size + 1), n = chance(64) + 1;
	size_t new_size = open_gap(data, size, at, n);

	for (size_t i = 0; new_size > size && i < n; i++)
		data[at + i] = (uint8_t)chance(256);
	/* Half of them are a piece of another input. */
	if (new_size > size && chance(2) && other->size >= n)
		memcpy(data + at, other->data + chance(other->size - n + 1), n);
	return new_size;
}

static size_t mutate_once(uint8_t *data, size_t size)
{
	size_t at = chance(size ? size : 1);

	switch (size ? chance(8) : 7) {
	case 0:
		data[at] ^= (uint8_t)(1 << chance(8));
		return size;
	case 1:
		data[at] = (uint8_t)chance(256);
		return size;
	case 2:
		data[at] = (uint8_t)(data[at] + chance(9) - 4);
		return size;
	case 3:
		return at;
	case 4: { /* A part falls out. */
		size_t n = chance(size - at < 64 ? size - at : 64) + 1;

		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	}
	case 5: { /* A length of 2, 4 or 8 bytes is blown up. */
		uint64_t number = cruel_number();
		size_t n = 2u << chance(3);

		memcpy(data + at, &number, n < size - at ? n : size - at);
		return size;
	}
	case 6: /* A varint is. */
		for (size_t i = at; i < size && i < at + 9; i++)
			data[i] |= 0x80;
		return size;
	default:
		return insert(data, size);
	}
}

/* The parser gets a block of just that size, so that a sanitizer sees every byte too far. */
static void hand_over(const uint8_t *data, size_t size)
{
	present.data = malloc(size ? size : 1);
	present.size = size;
	if (!present.data)
		exit(2);
	memcpy(present.data, data, size);
	alarm(SLOW_SECONDS);
	LLVMFuzzerTestOneInput(present.data, size);
	free(present.data);
	present.data = NULL;
	present.size = 0;
}

static void run(uint64_t number)
{
	static uint8_t data[INPUT_MAX];

	state = number * 0x2545f4914f6cdd1dull;
	const struct input *start = &corpus.items[chance(corpus.count)];
	size_t size = start->size;

	memcpy(data, start->data, size);
	for (uint64_t n = chance(6) + 1; n > 0; n--)
		size = mutate_once(data, size);
	/* Not always: what a broken checksum leads to is to be seen too. */
	if (fuzz_fix && chance(8))
		size = fuzz_fix(data, size, INPUT_MAX);
	hand_over(data, size);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double end = now();
	uint64_t runs = UINT64_MAX, done = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
			end = now() + atof(argv[++i]);
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			runs = strtoull(argv[++i], NULL, 10), end = now() + 1e9;
		else
			add(argv[i]);
	}
	if (corpus.count == 0) {
		fprintf(stderr, "usage: %s [--seconds N | --runs N] FILE-OR-FOLDER...\n", argv[0]);
		return 2;
	}
	for (int number = 1; number < NSIG; number++) {
		if (number == SIGSEGV || number == SIGABRT || number == SIGBUS ||
			number == SIGFPE || number == SIGILL || number == SIGALRM)
			signal(number, leave_input);
	}
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(sanitizer_died);
	for (size_t i = 0; i < corpus.count; i++)
		hand_over(corpus.items[i].data, corpus.items[i].size);
	for (; done < runs && now() < end; done++)
		run(done);
	printf("%zu inputs and %" PRIu64 " mutations went well\n", corpus.count, done);
	for (size_t i = 0; i < corpus.count; i++)
		free(corpus.items[i].data);
	free(corpus.items);
	return 0;
}
