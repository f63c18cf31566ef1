/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program's own account of what it allocated, to hold memtrace's against. It counts beside the calls, allocates
 * nothing itself, and is written by write(2) into the file $TRUTH (else to stdout) as one JSON object with the keys of
 * `memtrace info --json`. The rules are memtrace's: sizes as asked for; a realloc is an allocation of its new size and a
 * free; for the peak the old block goes before the new one comes; what fails is nothing.
 *
 * Counters are atomic, so that threads may share them; the peak is exact where one thread allocates at a time or the
 * program makes its peak at a barrier; -1 leaves it out.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct truth {
	long long total_count, total_size, current_count, current, peak;
} truth;

static inline void truth_made(size_t size)
{
	long long now, peak = __atomic_load_n(&truth.peak, __ATOMIC_RELAXED);

	__atomic_add_fetch(&truth.total_count, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&truth.total_size, size, __ATOMIC_RELAXED);
	__atomic_add_fetch(&truth.current_count, 1, __ATOMIC_RELAXED);
	now = __atomic_add_fetch(&truth.current, size, __ATOMIC_RELAXED);
	while (now > peak && !__atomic_compare_exchange_n(&truth.peak, &peak, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static inline void truth_gone(long long size)
{
	__atomic_sub_fetch(&truth.current_count, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&truth.current, size, __ATOMIC_RELAXED);
}

/* Evaluates CALL, which makes a block of SIZE or gives NULL. A macro, so that the allocating frame is the caller's. */
#define MADE(size, call)                           \
	({                                         \
		__typeof__(call) made_ = (call);   \
		if (made_)                         \
			truth_made(size);          \
		made_;                             \
	})
/* The free of a block of SIZE. */
#define GONE(size, call)                           \
	do {                                       \
		const long long gone_ = (size);    \
		call;                              \
		truth_gone(gone_);                 \
	} while (0)
/* A realloc from OLD_SIZE to SIZE; on failure nothing happened. */
#define MOVED(old_size, size, call)                \
	({                                         \
		__typeof__(call) moved_ = (call);  \
		if (moved_) {                      \
			truth_gone(old_size);      \
			truth_made(size);          \
		}                                  \
		moved_;                            \
	})

/* Writes the account so far into $TRUTH followed by SUFFIX ("" or NULL for none). Safe in a signal handler, after fork. */
static inline void truth_write(const char *suffix)
{
	const char *file = getenv("TRUTH");
	char name[4096], text[512];
	int fd = 1, size;

	if (file) {
		snprintf(name, sizeof name, "%s%s", file, suffix ? suffix : "");
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	size = snprintf(text, sizeof text,
		"{\"total_count\": %lld, \"total_size\": %lld, \"current_count\": %lld, \"current\": %lld", truth.total_count,
		truth.total_size, truth.current_count, truth.current);
	if (truth.peak >= 0)
		size += snprintf(text + size, sizeof text - size, ", \"peak\": %lld", truth.peak);
	size += snprintf(text + size, sizeof text - size, "}\n");
	if (fd < 0 || write(fd, text, size) != size)
		_exit(99);
	if (file)
		close(fd);
}

/* A number from the command line, or OTHERWISE. */
static inline long truth_argument(int argc, char **argv, int at, long otherwise)
{
	return at < argc ? strtol(argv[at], NULL, 10) : otherwise;
}

/* Text for a descriptor without stdio, whose buffer would be an allocation (that of dprintf too). */
__attribute__((format(printf, 2, 3))) static inline void truth_say(int fd, const char *format, ...)
{
	char text[8192];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (char *at = text; size > 0;) {
		ssize_t written = write(fd, at, size);

		if (written <= 0)
			return;
		at += written;
		size -= written;
	}
}
#define SAY(...) truth_say(1, __VA_ARGS__)

#endif
