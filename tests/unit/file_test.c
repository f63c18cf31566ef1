/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: whole or not at all, and a clear line for every reason. Each test works in a folder of its
 * own. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"

static char folder[] = "/tmp/memtrace-file-test.XXXXXX";

static void enter(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static int files_here(void)
{
	DIR *dir = opendir(".");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void leave(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

TestSuite(file, .init = enter, .fini = leave);

static void expect_content(const char *path, const char *text)
{
	struct file_view view;
	struct error err = ERROR_INIT;

	cr_assert_eq(file_view_open(&view, path, 1000000, &err), 0, "%s", err.text);
	cr_assert_eq(view.size, strlen(text));
	cr_assert_eq(memcmp(view.data ? view.data : (const uint8_t *)"", text, view.size), 0);
	file_view_close(&view);
	cr_assert_null(view.data);
}

static void put(const char *path, const char *text)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(file_write(path, text, strlen(text), FILE_REPLACE, &err), 0, "%s", err.text);
}

Test(file, write_and_read)
{
	struct error err = ERROR_INIT;
	struct stat status;

	umask(027);
	cr_assert_eq(file_write("a", "text", 4, FILE_REFUSE_EXISTING, &err), 0, "%s", err.text);
	expect_content("a", "text");
	cr_assert_eq(stat("a", &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0640, "the umask counts");
	put("empty", "");
	expect_content("empty", "");
	cr_assert_eq(files_here(), 2);
}

Test(file, an_existing_file_is_refused_or_replaced)
{
	struct error err = ERROR_INIT;

	put("a", "old");
	cr_assert_eq(file_write("a", "new", 3, FILE_REFUSE_EXISTING, &err), -1);
	cr_assert_str_eq(err.text, "cannot write a: it exists already");
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
	cr_assert_neq(err.hint[0], '\0');
	expect_content("a", "old");
	put("a", "newer");
	expect_content("a", "newer");
	cr_assert_eq(files_here(), 1);
}

/* In a jail nobody can give a name to a file without one, so the temporary file has one. */
Test(file, write_where_there_is_no_proc)
{
	struct error err = ERROR_INIT;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert_eq(chroot("."), 0);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_neq(access("/proc/self/fd", F_OK), 0);
	cr_assert_eq(file_write("a", "text", 4, FILE_REFUSE_EXISTING, &err), 0, "%s", err.text);
	cr_assert_eq(file_write("a", "new", 3, FILE_REFUSE_EXISTING, &err), -1);
	cr_assert_str_eq(err.text, "cannot write a: it exists already");
	expect_content("a", "text");
	put("a", "newer");
	expect_content("a", "newer");
	cr_assert_eq(file_check_writable("b", FILE_REFUSE_EXISTING, &err), 0);
	cr_assert_eq(files_here(), 1);
}

/* All begin at once and write long enough that each has found the name free before the first is
 * done. */
Test(file, of_many_writers_one_wins)
{
	struct error err = ERROR_INIT;
	size_t size = 4 << 20;
	int start[2], wins = 0;

	cr_assert_eq(pipe(start), 0);
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			char *data = calloc(1, size), byte;

			close(start[1]);
			if (read(start[0], &byte, 1) != 0)
				_exit(1);
			_exit(file_write("a", data, size, FILE_REFUSE_EXISTING, &err) == 0 ? 7 : 0);
		}
	}
	close(start[1]);
	for (int i = 0, status; i < 8; i++) {
		cr_assert_gt(wait(&status), 0);
		wins += WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	cr_assert_eq(wins, 1);
	cr_assert_eq(files_here(), 1);
}

Test(file, what_is_no_file_is_neither_read_nor_written)
{
	static const struct {
		const char *path, *what;
	} things[] = {{"dir", "a directory"}, {"fifo", "a pipe"}, {"socket", "a socket"},
		{"/dev/null", "a device"}};
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct error err = ERROR_INIT;
	struct file_view view;
	char text[200];

	cr_assert_eq(mkdir("dir", 0777), 0);
	cr_assert_eq(mkfifo("fifo", 0666), 0);
	cr_assert_eq(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof(address)), 0);
	alarm(10);
	for (size_t i = 0; i < sizeof(things) / sizeof(*things); i++) {
		if (strcmp(things[i].path, "socket") != 0) {
			cr_assert_eq(file_view_open(&view, things[i].path, 1000, &err), -1);
			snprintf(text, sizeof(text), "cannot read %s: it is %s, not a file",
				things[i].path, things[i].what);
			cr_assert_str_eq(err.text, text);
			cr_assert_eq(err.status, EXIT_BAD_INPUT);
		}
		snprintf(text, sizeof(text), "cannot write %s: it is %s, not a file",
			things[i].path, things[i].what);
		cr_assert_eq(file_write(things[i].path, "x", 1, FILE_REPLACE, &err), -1);
		cr_assert_str_eq(err.text, text);
		cr_assert_eq(file_check_writable(things[i].path, FILE_REFUSE_EXISTING, &err), -1);
		cr_assert_str_eq(err.text, text);
		cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
	}
	cr_assert_eq(file_view_open(&view, "socket", 1000, &err), -1);
	cr_assert_eq(files_here(), 3);
}

Test(file, names_that_lead_nowhere)
{
	struct error err = ERROR_INIT;
	struct file_view view;
	char longest[300];

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cr_assert_eq(file_view_open(&view, "none", 1000, &err), -1);
	cr_assert_str_eq(err.text, "cannot open none: No such file or directory");
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
	cr_assert_null(view.data);
	const char *wrong[] = {"", "none/", "none/a", longest, "/proc/a"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		cr_assert_eq(
			file_check_writable(wrong[i], FILE_REPLACE, &err), -1, "'%s'", wrong[i]);
		cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
		cr_assert_eq(
			file_write(wrong[i], "x", 1, FILE_REPLACE, &err), -1, "'%s'", wrong[i]);
	}
	cr_assert_eq(files_here(), 0);
}

Test(file, a_limit_on_reading)
{
	struct error err = ERROR_INIT;
	struct file_view view;

	put("a", "12345");
	cr_assert_eq(file_view_open(&view, "a", 5, &err), 0);
	file_view_close(&view);
	cr_assert_eq(file_view_open(&view, "a", 4, &err), -1);
	cr_assert_str_eq(err.text, "cannot read a: 5 bytes are more than the 4 that it may have");
}

Test(file, a_big_one_is_mapped)
{
	struct error err = ERROR_INIT;
	struct file_view view;
	int fd = open("big", O_RDWR | O_CREAT, 0666);

	cr_assert_eq(ftruncate(fd, 200 << 20), 0);
	cr_assert_eq(pwrite(fd, "end", 3, (200 << 20) - 3), 3);
	cr_assert_eq(file_view_open(&view, "big", SIZE_MAX, &err), 0, "%s", err.text);
	cr_assert(view.mapped);
	cr_assert_eq(view.size, 200 << 20);
	cr_assert_eq(memcmp(view.data + view.size - 3, "end", 3), 0);
	file_view_close(&view);
}

Test(file, holes_are_counted)
{
	const off_t size = 200 << 20;
	struct error err = ERROR_INIT;
	struct file_view view;

	put("sparse", "begin");
	cr_assert_eq(truncate("sparse", size), 0);
	cr_assert_eq(file_view_open(&view, "sparse", SIZE_MAX, &err), 0);
	/* A file system that knows of none tells of none. */
	cr_assert(view.holes == 0 ||
			  (view.holes < (size_t)size && view.holes > (size_t)size - (1 << 20)),
		"%zu", view.holes);
	file_view_close(&view);
	put("small", "text");
	cr_assert_eq(file_view_open(&view, "small", SIZE_MAX, &err), 0);
	cr_assert_eq(view.holes, 0);
	file_view_close(&view);
}

Test(file, links_are_followed_when_replacing)
{
	struct error err = ERROR_INIT;
	struct stat status;

	put("real", "old");
	cr_assert_eq(symlink("real", "link"), 0);
	cr_assert_eq(symlink("none", "dangling"), 0);
	cr_assert_eq(file_write("link", "x", 1, FILE_REFUSE_EXISTING, &err), -1);
	cr_assert_eq(file_write("dangling", "x", 1, FILE_REFUSE_EXISTING, &err), -1);
	cr_assert_eq(file_write("dangling", "x", 1, FILE_REPLACE, &err), -1);
	put("link", "new");
	expect_content("real", "new");
	cr_assert_eq(lstat("link", &status), 0);
	cr_assert(S_ISLNK(status.st_mode));
	cr_assert_eq(files_here(), 3);
}

Test(file, one_that_is_replaced_stays_as_secret_as_it_was)
{
	struct error err = ERROR_INIT;
	struct stat status;

	umask(022);
	cr_assert_eq(file_write("a", "1", 1, FILE_REFUSE_EXISTING, &err), 0);
	cr_assert_eq(stat("a", &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0644);
	cr_assert_eq(chmod("a", 0600), 0);
	if (geteuid() == 0)
		cr_assert_eq(chown("a", 1234, 5678), 0);
	cr_assert_eq(file_write("a", "2", 1, FILE_REPLACE, &err), 0, "%s", err.text);
	cr_assert_eq(stat("a", &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0600);
	cr_assert(geteuid() != 0 || (status.st_uid == 1234 && status.st_gid == 5678));
	expect_content("a", "2");
}

Test(file, check_leaves_nothing_behind)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(file_check_writable("a", FILE_REFUSE_EXISTING, &err), 0, "%s", err.text);
	cr_assert_eq(files_here(), 0);
	put("a", "x");
	cr_assert_eq(file_check_writable("a", FILE_REPLACE, &err), 0);
	cr_assert_eq(file_check_writable("a", FILE_REFUSE_EXISTING, &err), -1);
	cr_assert_str_eq(err.text, "cannot write a: it exists already");
	expect_content("a", "x");
	cr_assert_eq(files_here(), 1);
}

Test(file, a_limit_on_the_file_size_leaves_the_old_file)
{
	struct rlimit limit = {1000, 1000};
	struct error err = ERROR_INIT;
	static char data[5000];

	put("a", "old");
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(file_write("a", data, sizeof(data), FILE_REPLACE, &err), -1);
	cr_assert_str_eq(err.text, "cannot write a: File too large");
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
	expect_content("a", "old");
	cr_assert_eq(files_here(), 1);
}

/* A file system of 64 KiB of its own, where the machine lets us have one. */
Test(file, a_full_disk_leaves_the_old_file_and_no_other)
{
	struct error err = ERROR_INIT;
	static char data[200000];

	cr_assert_eq(mkdir("disk", 0777), 0);
	if (mount("none", "disk", "tmpfs", 0, "size=64k") < 0) {
		leave(); /* criterion does not come to .fini from here */
		cr_skip_test("no right to mount");
	}
	cr_assert_eq(chdir("disk"), 0);
	put("a", "old");
	int rc = file_write("a", data, sizeof(data), FILE_REPLACE, &err);
	int left = files_here();

	expect_content("a", "old");
	mount("none", ".", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	struct error read_only = ERROR_INIT;
	int rc_read_only = file_check_writable("b", FILE_REPLACE, &read_only);

	cr_assert_eq(chdir(".."), 0);
	umount2("disk", MNT_DETACH);
	cr_assert_eq(rc, -1);
	cr_assert_str_eq(err.text, "cannot write a: No space left on device");
	cr_assert_eq(left, 1);
	cr_assert_eq(rc_read_only, -1);
	cr_assert_str_eq(read_only.text, "cannot write b: Read-only file system");
}

Test(file, a_folder_without_permission)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(mkdir("dir", 0555), 0);
	if (geteuid() == 0)
		cr_assert_eq(
			chown(".", 65534, 65534) + chown("dir", 65534, 65534) + seteuid(65534), 0);
	int rc = file_check_writable("dir/a", FILE_REPLACE, &err);
	struct error writing = ERROR_INIT;
	int rc_writing = file_write("dir/a", "x", 1, FILE_REPLACE, &writing);

	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(rc, -1);
	cr_assert_str_eq(err.text, "cannot write dir/a: Permission denied");
	cr_assert_eq(rc_writing, -1);
	cr_assert_str_eq(writing.text, "cannot write dir/a: Permission denied");
}
