/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library is loaded at run time, and with it libcurl: only into the process that reads files for
 * a module (helper.c), never into the one that watches. What it downloads is untrusted like any other
 * file: whoever opens it compares its build-id.
 *
 * A server that hangs lets the library's time-out pass (90 s) for each question. So after the first no other is asked. The processes that
 * read for one that watches, one after the other, share a page that says so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/memory.h"
#include "symbol/debuginfod.h"

#define LIBRARY "libdebuginfod.so.1"

struct debuginfod_client; /* opaque, the library's */
/* Its functions, as <elfutils/debuginfod.h> has them. */
static struct {
	struct debuginfod_client *(*begin)(void);
	int (*find)(struct debuginfod_client *, const unsigned char *, int, char **);
	void (*set_progress)(
		struct debuginfod_client *, int (*)(struct debuginfod_client *, long, long));
	void (*end)(struct debuginfod_client *);
} library;

static _Atomic int *hangs;

static void (*told_progress)(void *);
static void *told_data;

static int on_progress(struct debuginfod_client *client, long done, long all)
{
	(void)client, (void)done, (void)all;
	if (told_progress)
		told_progress(told_data);
	return 0;
}

static int load(struct error *err)
{
	static const char *const names[] = {"debuginfod_begin", "debuginfod_find_debuginfo",
		"debuginfod_set_progressfn", "debuginfod_end"};
	void **functions[] = {(void **)&library.begin, (void **)&library.find,
		(void **)&library.set_progress, (void **)&library.end};
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; handle && i < sizeof names / sizeof *names; i++) {
		*functions[i] = dlsym(handle, names[i]);
		if (!*functions[i])
			handle = NULL;
	}
	return handle ? 0 : error_set(err, "no server can be asked: " LIBRARY " is not installed");
}

void debuginfod_prepare(void)
{
	void *page = hangs ? MAP_FAILED
			   : mmap(NULL, sizeof *hangs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED)
		hangs = page;
}

char *debuginfod_fetch(const uint8_t *build_id, size_t size, void (*progress)(void *), void *data,
	struct error *err)
{
	struct debuginfod_client *client;
	char *path = NULL;
	int fd;

	if (hangs && *hangs) {
		error_set(err, "no debuginfod server was asked, since an earlier question was not answered in time");
		return NULL;
	}
	if (!library.end && load(err) < 0)
		return NULL;
	client = library.begin();
	if (!client) {
		error_set(err, "no server can be asked: out of memory");
		return NULL;
	}
	told_progress = progress;
	told_data = data;
	library.set_progress(client, on_progress);
	fd = library.find(client, build_id, (int)size, &path);
	library.end(client);
	if (fd >= 0) {
		close(fd);
		return path;
	}
	if (hangs && (fd == -ETIME || fd == -ETIMEDOUT))
		*hangs = 1;
	if (fd == -ENOENT)
		error_set(err, "no debuginfod server has one");
	else
		error_set(err, "no debuginfod server gave one: %s", strerror(-fd));
	return NULL;
}
