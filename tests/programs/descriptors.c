/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * descriptors HOW: does to its descriptors what shells, daemons and sandboxes do, allocates between, starts threads that need new
 * rings, and lists them again: list, closefrom, close_range, dup2 (one over every number), exhaust (until there are none left),
 * walk (closes each that it finds, as daemons do).
 */
#include <dirent.h>
#include <pthread.h>
#include "world.h"

static void some(int n)
{
	for (int i = 0; i < n; i++) {
		void *block = MADE(i, malloc(i));

		if (i % 3)
			GONE(i, free(block));
	}
}

static void *on_thread(void *argument)
{
	some(500);
	return argument;
}

static void in_threads(void)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, on_thread, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	some(1000);
}

/* By the folder of them, and by number. */
static void list(const char *when)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char text[4096], path[64];

	SAY("%s:\n", when);
	while (folder && (entry = readdir(folder))) {
		ssize_t size;

		snprintf(path, sizeof path, "/proc/self/fd/%.20s", entry->d_name);
		size = readlink(path, text, sizeof text - 1);
		text[size < 0 ? 0 : size] = 0;
		SAY("%s -> %s\n", entry->d_name, strncmp(text, "/proc/", 6) && entry->d_name[0] != '1' && entry->d_name[0] != '2' ? text : "");
	}
	if (folder)
		closedir(folder);
	else
		SAY("no folder, errno %d\n", errno);
	world_say_descriptors();
}

static void walk(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(folder))
			n += close(fd) == 0;
	}
	closedir(folder);
	SAY("closed %d\n", n);
}

static void over_all(void)
{
	struct rlimit limit;
	int null = open("/dev/null", O_WRONLY), n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 3; fd < (int)limit.rlim_cur; fd++)
		n += dup2(null, fd) == fd;
	SAY("%d copies\n", n);
}

static void exhaust(void)
{
	int n = 0;

	while (dup(0) >= 0)
		n++;
	SAY("%d more, errno %d\n", n, errno);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	truth.peak = -1;
	some(100);
	list("at first");
	if (!strcmp(how, "closefrom"))
		closefrom(3);
	else if (!strcmp(how, "close_range"))
		close_range(3, ~0u, 0);
	else if (!strcmp(how, "dup2"))
		over_all();
	else if (!strcmp(how, "exhaust"))
		exhaust();
	else if (!strcmp(how, "walk"))
		walk();
	in_threads();
	list("then");
	closefrom(3);
	in_threads();
	truth_write(NULL);
	list("at last");
	return 5;
}
