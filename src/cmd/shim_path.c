/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library stands beside this program (a build folder), or in the folder for libraries that make install put beside the
 * one for programs, wherever both are now (a package unpacked in somebody's home), or where it was installed. ld.so takes
 * blanks and colons in LD_PRELOAD for separators and '$' for its own variables (ld.so(8)), and knows no way to quote them; a
 * path with any of these is named by a symbolic link:
 *
 *	/tmp/memtrace-UID/libmemtrace-HASH.so  ->  the library; one for each path, made once
 *
 * It is never removed, on purpose: whatever a program has left running may start others long after this run, and where
 * the name led nowhere they would begin with an error line of ld.so's. The folder must be ours, since whoever can write
 * into it can run code as us. Where there can be none, a descriptor of ours is the name, as long as we live.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "cmd/shim_path.h"

/* Of this program; 0: it cannot be told. */
static size_t own_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	const char *name = (const char *)getauxval(AT_EXECFN);

	if (length > 0)
		path[length] = 0;
	else if (!name || !realpath(name, path)) /* without /proc */
		return 0;
	return strlen(path);
}

/* Makes PATH the library's, RELATIVE to the folder OWN of this program's, if that is there. */
static bool found_from(const char *own, const char *relative, char path[PATH_MAX])
{
	char *beside = xasprintf("%s/%s", own, relative);
	bool there = access(beside, R_OK) == 0;

	/* A link beside the program is how to say which library is meant; only the way to the installed one is made straight. */
	if (there && strchr(relative, '/'))
		there = realpath(beside, path) != NULL;
	else if (there && (there = strlen(beside) < PATH_MAX))
		strcpy(path, beside);
	free(beside);
	return there;
}

static int find(char path[PATH_MAX], struct error *err)
{
	char own[PATH_MAX], *slash;

	slash = own_path(own) > 0 ? strrchr(own, '/') : NULL;
	if (slash) {
		*slash = 0;
		if (found_from(own, "libmemtrace.so", path) || found_from(own, SHIM_RELATIVE, path))
			return 0;
	}
	strcpy(path, SHIM_INSTALLED);
	if (access(path, R_OK) == 0)
		return 0;
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot find libmemtrace.so beside memtrace or at %s", path);
	return error_hint(err, "make install, or keep memtrace and libmemtrace.so in one folder");
}

static bool own_folder(const char *folder)
{
	struct stat status;

	/* Programs that run as somebody else, such as a daemon's, must find the link, too. */
	if (mkdir(folder, 0755) == 0)
		return chmod(folder, 0755) == 0;
	return errno == EEXIST && lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
		!(status.st_mode & (S_IWGRP | S_IWOTH)) && (status.st_mode & S_IXOTH);
}

static bool leads_to(const char *link, const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof target);

	return length == (ssize_t)strlen(path) && memcmp(target, path, (size_t)length) == 0;
}

/* The name of a link to PATH, malloc'ed, or NULL. */
static char *link_to(const char *path)
{
	char *folder = xasprintf("/tmp/memtrace-%u", (unsigned int)geteuid()), *link;
	uint64_t hash = 0xcbf29ce484222325ull;

	for (const char *at = path; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
	link = xasprintf("%s/libmemtrace-%016llx.so", folder, (unsigned long long)hash);
	/* Two runs may make it at once. */
	if (!own_folder(folder) || (symlink(path, link) < 0 && errno != EEXIST) || !leads_to(link, path)) {
		free(link);
		link = NULL;
	}
	free(folder);
	return link;
}

static char *found;

char *shim_path_static(void)
{
	const char *slash = found ? strrchr(found, '/') : NULL;

	return slash ? xasprintf("%.*s/libmemtrace-static.so", (int)(slash - found), found) : xstrdup("libmemtrace-static.so");
}

int shim_path(char path[PATH_MAX], struct error *err)
{
	char *link;
	int fd;

	if (find(path, err) < 0)
		return -1;
	free(found);
	found = xstrdup(path);
	if (!strpbrk(path, " :$"))
		return 0;
	link = link_to(path);
	if (link) {
		strcpy(path, link);
		free(link);
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot open %s: %s", path, strerror(errno));
	snprintf(path, PATH_MAX, "/proc/%d/fd/%d", (int)getpid(), fd);
	return 0;
}
