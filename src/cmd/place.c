/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /proc/PID/root leads into a process's mount namespace while it lives; most of the naming is done
 * when it has ended. So of a process in another namespace two descriptors are held: of its root, and
 * of the namespace, without which its mounts would fall apart with its last process. A descriptor of
 * a folder keeps its file system from being unmounted, which the program might want to do: so none
 * is held of a root inside of a namespace (a chroot). There the path is enough when the namespace is
 * ours; when it is not, names are found while the process lives.
 *
 * A process that ends at once may have ended before it is looked at; it is then where its image
 * before or its parent was.
 *
 * Cost: three system calls for each image.
 */
#include "cmd/place.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	int32_t pid;
	uint32_t number;
	bool seen;         /* it lived when it was looked at */
	char *path;        /* of its root; NULL: as ours, or held */
	int root, space;   /* descriptors, or -1 */
	char *text;        /* for places_root */
};

static struct place *find(const struct places *places, int32_t pid, uint32_t number)
{
	for (size_t i = places->items.count; i-- > 0;)
		if (places->items.items[i]->pid == pid && places->items.items[i]->number == number)
			return places->items.items[i];
	return NULL;
}

static struct place *find_last(const struct places *places, int32_t pid)
{
	for (size_t i = places->items.count; i-- > 0;)
		if (places->items.items[i]->pid == pid && places->items.items[i]->seen)
			return places->items.items[i];
	return NULL;
}

/* What the link NAME of PID (0: us) in /proc says; false: it cannot be read. */
static bool read_link(int32_t pid, const char *name, char text[PATH_MAX])
{
	char path[64];
	ssize_t size;

	snprintf(path, sizeof path, "/proc/%d/%s", pid ? pid : (int32_t)getpid(), name);
	size = readlink(path, text, PATH_MAX - 1);
	text[size > 0 ? size : 0] = 0;
	return size > 0;
}

static bool is_same_folder(const char *left, const char *right)
{
	struct stat a, b;

	return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Its root is the root of another mount namespace. */
static void hold(struct place *place)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/mnt", place->pid);
	place->space = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%d/root", place->pid);
	if (place->space >= 0)
		place->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->root < 0)
		place->path = xstrdup(path);
}

static void look(struct place *place)
{
	char ours[PATH_MAX], space[PATH_MAX], root[PATH_MAX], live[64];

	place->seen = read_link(0, "ns/mnt", ours) && read_link(place->pid, "ns/mnt", space) &&
		read_link(place->pid, "root", root);
	if (!place->seen)
		return;
	snprintf(live, sizeof live, "/proc/%d/root", place->pid);
	if (strcmp(ours, space) != 0 && strcmp(root, "/") == 0)
		hold(place);
	else if (strcmp(ours, space) != 0)
		place->path = xstrdup(live);
	else if (strcmp(root, "/") != 0)
		place->path = xstrdup(is_same_folder(root, live) ? root : live);
}

static void inherit(struct place *place, const struct place *from)
{
	place->path = from->path ? xstrdup(from->path) : NULL;
	place->root = from->root >= 0 ? fcntl(from->root, F_DUPFD_CLOEXEC, 3) : -1;
	place->space = from->space >= 0 ? fcntl(from->space, F_DUPFD_CLOEXEC, 3) : -1;
}

void places_look(struct places *places, int32_t pid, uint32_t number, int32_t parent)
{
	const struct place *from;
	struct place *place;

	if (find(places, pid, number))
		return;
	place = xcalloc(1, sizeof *place);
	*place = (struct place){.pid = pid, .number = number, .root = -1, .space = -1};
	look(place);
	from = place->seen ? NULL : find_last(places, pid);
	if (!place->seen && !from)
		from = find_last(places, parent);
	if (from)
		inherit(place, from);
	*ARRAY_PUSH(&places->items) = place;
}

const char *places_root(struct places *places, int32_t pid, uint32_t number)
{
	struct place *place = find(places, pid, number);

	if (!place || place->root < 0)
		return place ? place->path : NULL;
	/* Whoever opens it is yet another process. */
	free(place->text);
	place->text = xasprintf("/proc/%d/fd/%d", (int)getpid(), place->root);
	return place->text;
}

void places_forget(struct places *places, int32_t pid, uint32_t number)
{
	for (size_t i = places->items.count; i-- > 0;) {
		struct place *place = places->items.items[i];

		if (place->pid != pid || place->number != number)
			continue;
		if (place->root >= 0)
			close(place->root);
		if (place->space >= 0)
			close(place->space);
		free(place->path);
		free(place->text);
		free(place);
		memmove(&places->items.items[i], &places->items.items[i + 1],
			(--places->items.count - i) * sizeof places->items.items[0]);
	}
}
