/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a process whose "/" is another folder: no link leads out of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/rooted.h"

static char folder[] = "/tmp/rooted.XXXXXX";

static void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	cr_assert_eq(write(fd, path, strlen(path)), (ssize_t)strlen(path));
	close(fd);
}

/* folder/dir/file, and in the root folder/root: dir/file, dir/short -> file, abs -> /dir, up -> ../../dir. */
static void make(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cr_assert_eq(mkdir("dir", 0700), 0);
	cr_assert_eq(mkdir("root", 0700), 0);
	cr_assert_eq(mkdir("root/dir", 0700), 0);
	make_file("dir/file");
	make_file("root/dir/file");
	cr_assert_eq(symlink("file", "root/dir/short"), 0);
	cr_assert_eq(symlink("/dir", "root/abs"), 0);
	cr_assert_eq(symlink("../../dir", "root/up"), 0);
}

static void take_away(void)
{
	static const char *const files[] = {"dir/file", "root/dir/file", "root/dir/short", "root/abs", "root/up"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(files[i]);
	rmdir("root/dir");
	rmdir("root");
	rmdir("dir");
	cr_assert_eq(chdir("/"), 0);
	rmdir(folder);
}

/* What is in the file, or the error; until the next call. */
static const char *inside(const char *root, const char *path)
{
	static char text[64];
	int fd = rooted_open(&(struct rooted){root, path}, O_RDONLY);
	ssize_t size;

	if (fd < 0)
		return strerror(errno);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	size = read(fd, text, sizeof text - 1);
	text[size > 0 ? size : 0] = 0;
	close(fd);
	return text;
}

static void real_is(const char *root, const char *path, const char *want)
{
	char *real = rooted_real(&(struct rooted){root, path});

	if (want)
		cr_assert_str_eq(real, want);
	else
		cr_assert_null(real);
	free(real);
}

Test(rooted, links_stay_in_the_root, .init = make, .fini = take_away)
{
	cr_assert_str_eq(inside(NULL, "dir/file"), "dir/file");
	cr_assert_str_eq(inside("root", "/dir/file"), "root/dir/file");
	cr_assert_str_eq(inside("root", "dir/short"), "root/dir/file");
	cr_assert_str_eq(inside("root", "/abs/file"), "root/dir/file");
	cr_assert_str_eq(inside("root", "/up/file"), "root/dir/file");
	cr_assert_str_eq(inside("root", "/../dir/file"), "root/dir/file");
	cr_assert_str_eq(inside("root", "/none"), strerror(ENOENT));
	cr_assert_str_eq(inside("none", "/dir/file"), strerror(ENOENT));
}

Test(rooted, the_real_path_is_the_one_there, .init = make, .fini = take_away)
{
	real_is("root", "/abs/short", "/dir/file");
	real_is("root", "up/file", "/dir/file");
	real_is("/", "/proc/../dev/null", "/dev/null");
	real_is("root", "/none", NULL);
	real_is("none", "/dir/file", NULL);
	real_is(NULL, "/dev/../dev/null", "/dev/null");
}
