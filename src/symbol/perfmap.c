/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A map grows for as long as its program runs, to gigabytes, and its last word on an address counts. So it is read from its end:
 * the first entry that covers an address names it, for good, and where all are named the reading is over. An entry then costs a
 * binary search, and an address is named once however many entries cover it: `next` leads past those that have a name.
 *
 *     file   …a line⏎ another li|ne⏎ one mo|re⏎ and one that is being writt
 *                               begin      end         what is behind the last ⏎ is no entry yet
 *
 * Each part is taken from behind its first line's end on, but for a line that is longer than a whole part: of it the head, which
 * has the numbers and the beginning of the name, is read as if it were all.
 */
#include "symbol/perfmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"

enum { PART = PERFMAP_PART, HEAD = PERFMAP_NAME_MAX + 64 };

static int check(const struct stat *status, const char *path, const struct perfmap_rules *rules, struct error *err)
{
	if (!S_ISREG(status->st_mode))
		return error_set(err, "%s is not read: it is no regular file", path);
	if (status->st_uid && status->st_uid != geteuid() && status->st_uid != rules->uid)
		return error_set(err, "%s is not read: it belongs to another user", path);
	if ((uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec < rules->not_before_ns)
		return error_set(err, "%s is not read: it is older than the program", path);
	return 0;
}

int perfmap_open(const struct rooted *file, const struct perfmap_rules *rules, int *fd, struct error *err)
{
	int found = rooted_open(file, O_PATH | O_NOFOLLOW);
	const char *path = file->path;
	char again[64];
	struct stat status;

	*fd = -1;
	if (found < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_set(err, "%s is not read: %s", path, strerror(errno));
	if (fstat(found, &status) < 0 || check(&status, path, rules, err) < 0) {
		close(found);
		return -1;
	}
	snprintf(again, sizeof again, "/proc/self/fd/%d", found);
	*fd = open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0)
		error_set(err, "%s is not read: %s", path, strerror(errno));
	close(found);
	return *fd < 0 ? -1 : 0;
}

struct reading {
	struct perfmap_name *names;
	size_t n, left;
	uint32_t *next; /* by index: itself while it has no name, else one further on */
};

static size_t nameless_from(struct reading *reading, size_t index)
{
	size_t found = index;

	while (reading->next[found] != found)
		found = reading->next[found];
	while (reading->next[index] != found) {
		size_t step = reading->next[index];

		reading->next[index] = (uint32_t)found;
		index = step;
	}
	return found;
}

/* The first address that is not below START. */
static size_t first_from(const struct reading *reading, uint64_t start)
{
	size_t low = 0, high = reading->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reading->names[middle].address < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool read_hex(const char **at, const char *end, uint64_t *value)
{
	const char *begin;

	if (end - *at > 2 && (*at)[0] == '0' && ((*at)[1] | 0x20) == 'x')
		*at += 2;
	*value = 0;
	for (begin = *at; *at < end; (*at)++) {
		unsigned char digit = (unsigned char)**at, letter = digit | 0x20;

		if (digit >= '0' && digit <= '9')
			*value = *value << 4 | (digit - '0');
		else if (letter >= 'a' && letter <= 'f')
			*value = *value << 4 | (letter - 'a' + 10u);
		else
			break;
	}
	return *at > begin && *at - begin <= 16;
}

static bool read_blank(const char **at, const char *end)
{
	const char *begin = *at;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	return *at > begin;
}

/* As it is: who writes a map writes names for people, and perf shows them as they are, too. */
static char *name_of(const char *at, const char *end)
{
	return xstrndup(at, end - at > PERFMAP_NAME_MAX ? PERFMAP_NAME_MAX : (size_t)(end - at));
}

static void take_line(struct reading *reading, const char *at, const char *end)
{
	uint64_t start, size, last;
	size_t index;

	if (!read_hex(&at, end, &start) || !read_blank(&at, end) || !read_hex(&at, end, &size) || !read_blank(&at, end) ||
		at == end || !*at || !size)
		return;
	if (__builtin_add_overflow(start, size - 1, &last))
		last = UINT64_MAX;
	index = nameless_from(reading, first_from(reading, start));
	for (; index < reading->n && reading->names[index].address <= last; index = nameless_from(reading, index)) {
		reading->names[index].name = name_of(at, end);
		reading->next[index] = (uint32_t)index + 1;
		reading->left--;
	}
}

/* The lines of DATA, the last first; the first byte begins one. */
static void take_lines(struct reading *reading, const char *data, size_t size)
{
	while (size && reading->left) {
		const char *before = memrchr(data, '\n', size - 1);
		const char *line = before ? before + 1 : data;
		const char *end = data + size - (data[size - 1] == '\n');

		if (line < end)
			take_line(reading, line, end);
		size = (size_t)(line - data);
	}
}

/* False: the file has become shorter. */
static bool read_part(int fd, char *part, uint64_t begin, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t more = pread(fd, part + got, size - got, (off_t)(begin + got));

		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	return true;
}

static void read_backwards(int fd, struct reading *reading, uint64_t size, uint64_t floor)
{
	char *part = xmalloc(PART);
	bool whole = false; /* what ends at `end` is a whole line */

	for (uint64_t end = size; end > floor && reading->left;) {
		uint64_t begin = end - floor > PART ? end - PART : floor;
		size_t length = (size_t)(end - begin), skip = 0;
		const char *edge;

		if (!read_part(fd, part, begin, length))
			break;
		if (!whole) {
			edge = memrchr(part, '\n', length);
			length = edge ? (size_t)(edge - part) + 1 : 0;
			whole = edge;
		}
		/* Without an edge it is the rest of a long line: its head is read with as much of it as a name may have. */
		edge = begin && length ? memchr(part, '\n', length - 1) : NULL;
		if (edge)
			skip = (size_t)(edge - part) + 1;
		if (edge || !begin)
			take_lines(reading, part + skip, length - skip);
		else if (length)
			skip = length < HEAD ? length : HEAD;
		if (begin == floor)
			break;
		end = begin + skip;
	}
	free(part);
}

void perfmap_read(int fd, struct perfmap_name *names, size_t n, uint64_t read_max, bool *cut)
{
	struct reading reading = {.names = names, .n = n, .next = xreallocarray(NULL, n + 1, sizeof(uint32_t))};
	struct stat status = {0};
	uint64_t size = fstat(fd, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
	uint64_t floor = size > read_max ? size - read_max : 0;

	reading.next[n] = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		reading.next[i] = (uint32_t)(names[i].name ? i + 1 : i);
		reading.left += !names[i].name;
	}
	if (reading.left)
		read_backwards(fd, &reading, size, floor);
	*cut = floor && reading.left;
	free(reading.next);
}
