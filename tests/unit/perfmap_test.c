/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps of code that was made at run time: which line names an address, what is refused, what a large one costs. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "symbol/perfmap.h"

enum { N = 8 };

static int fd;
static struct perfmap_name names[N]; /* of 0x1000, 0x1100 … 0x1700 */
static bool cut;

static void begin(void)
{
	FILE *file = tmpfile();

	fd = dup(fileno(file));
	fclose(file);
	for (int i = 0; i < N; i++)
		names[i] = (struct perfmap_name){.address = 0x1000 + 0x100 * (uint64_t)i};
}

static void end(void)
{
	for (int i = 0; i < N; i++)
		free(names[i].name);
	close(fd);
}

TestSuite(perfmap, .init = begin, .fini = end);

static void add(const char *text)
{
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void fill(char byte, size_t size)
{
	char *bytes = xmalloc(size);

	memset(bytes, byte, size);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	free(bytes);
}

/* All names, "-" for none. */
static const char *look(uint64_t most)
{
	static char text[N * 64];
	char *at = text;

	perfmap_read(fd, names, N, most, &cut);
	for (int i = 0; i < N; i++)
		at += snprintf(at, 64, "%s%.50s", i ? "," : "", names[i].name ? names[i].name : "-");
	return text;
}

Test(perfmap, an_entry_names_the_addresses_that_it_covers)
{
	add("1000 1 one\n1101 ff next to it\n1200 101 two of them\n0x1500 0x10 with 0x\n1700 FF\tA \t b \n");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "one,-,two of them,two of them,-,with 0x,-,A \t b ");
	cr_assert_not(cut);
}

Test(perfmap, the_last_entry_counts_where_several_overlap)
{
	add("1000 800 all\n1200 200 a\n1300 200 b\n1700 1 c\n1700 1 d\n");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "all,all,a,b,b,all,all,d");
}

Test(perfmap, a_name_that_is_known_stays)
{
	names[2].name = xstrdup("mine");
	add("1000 800 all\n");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "all,all,mine,all,all,all,all,all");
}

Test(perfmap, what_is_no_entry_is_passed_over)
{
	add("\n \n1000\n1000 \n1000 10\n1000 10 \n1000 0 empty\n-1000 10 minus\n 1000 10 blank\n1000,10,comma\nxyz 10 x\n"
	    "10000000000001000 10 wide\n1000 10000000000000001 wide\n1700 ffffffffffffffff over the end\n1000 100 cut of");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "-,-,-,-,-,-,-,over the end");
}

Test(perfmap, bytes_of_any_kind_are_no_harm)
{
	for (int i = 0; i < 3 << 20; i++) {
		static unsigned int state = 1;
		static unsigned char bytes[4096];

		bytes[i % sizeof bytes] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
		if (i % sizeof bytes == sizeof bytes - 1)
			cr_assert_eq(write(fd, bytes, sizeof bytes), (ssize_t)sizeof bytes);
	}
	add("\n1000 1 after \xff\x01 them\n");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "after \xff\x01 them,-,-,-,-,-,-,-");
}

Test(perfmap, an_empty_one_names_nothing)
{
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "-,-,-,-,-,-,-,-");
	add("1000 100 no end of a line");
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "-,-,-,-,-,-,-,-");
}

/* It is read in parts of 1 MiB: lines lie over their edges, and are longer than several. */
Test(perfmap, a_long_line_keeps_the_beginning_of_its_name)
{
	char *want = xmalloc(PERFMAP_NAME_MAX);

	memset(want, 'x', PERFMAP_NAME_MAX);
	for (size_t size = (1 << 20) - 12; size < (1 << 20) + 4; size++) {
		add("1000 1 ");
		fill('x', size);
		add("\n");
	}
	add("1100 1 ");
	fill('x', 5 << 20);
	add("\n1200 1 short\n1300 1 ");
	fill('y', 3 << 20); /* without an end */
	look(PERFMAP_READ_MAX);
	for (int i = 0; i < 2; i++) {
		cr_assert_not_null(names[i].name);
		cr_assert_eq(strlen(names[i].name), (size_t)PERFMAP_NAME_MAX);
		cr_assert_eq(memcmp(names[i].name, want, PERFMAP_NAME_MAX), 0);
	}
	cr_assert_str_eq(names[2].name, "short");
	cr_assert_null(names[3].name);
	free(want);
}

Test(perfmap, lines_over_the_edges_of_parts_are_whole)
{
	char line[64];

	for (int i = 0; i < 200000; i++) {
		snprintf(line, sizeof line, "%x 10 number %d\n", 0x100000 + i * 16, i);
		add(line);
	}
	for (int i = 0; i < N; i++)
		names[i].address = 0x100000 + 16 * 25000 * (uint64_t)i;
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "number 0,number 25000,number 50000,number 75000,number 100000,"
						 "number 125000,number 150000,number 175000");
}

Test(perfmap, of_a_larger_one_the_last_part_is_read)
{
	add("1000 1 early\n1100 1 lost at the edge\n1200 1 late\n");
	cr_assert_str_eq(look(strlen("at the edge\n1200 1 late\n")), "-,-,late,-,-,-,-,-");
	cr_assert(cut);
	cr_assert_str_eq(look(PERFMAP_READ_MAX), "early,lost at the edge,late,-,-,-,-,-");
	cr_assert_not(cut);
}

/* 100 000 entries that each cover 100 000 addresses: were each named by each, this would not end. */
Test(perfmap, many_entries_of_many_addresses_cost_their_sum)
{
	enum { MANY = 100000 };
	struct perfmap_name *many = xcalloc(MANY, sizeof *many);

	for (size_t i = 0; i < MANY; i++) {
		many[i].address = 0x1000 + i;
		add("0 ffffffff all\n");
	}
	perfmap_read(fd, many, MANY, PERFMAP_READ_MAX, &cut);
	for (size_t i = 0; i < MANY; i++) {
		cr_assert_str_eq(many[i].name, "all");
		free(many[i].name);
	}
	free(many);
}

static int open_map(const char *path, uint64_t not_before_ns, struct error *err)
{
	const struct perfmap_rules rules = {.uid = UINT32_MAX, .not_before_ns = not_before_ns};
	int map = -1;

	err->text[0] = 0;
	return perfmap_open(&(struct rooted){NULL, path}, &rules, &map, err) < 0 ? -2 : map;
}

Test(perfmap, what_is_no_regular_file_is_refused_at_once)
{
	char folder[] = "/tmp/perfmap.XXXXXX";
	struct error err = ERROR_INIT;
	int map;

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cr_assert_eq(open_map("none", 0, &err), -1);
	cr_assert_eq(open_map("/dev/null/none", 0, &err), -1);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	cr_assert_eq(open_map("fifo", 0, &err), -2);
	cr_assert_str_eq(err.text, "fifo is not read: it is no regular file");
	cr_assert_eq(open_map(".", 0, &err), -2);
	cr_assert_str_eq(err.text, ". is not read: it is no regular file");
	cr_assert_eq(close(open("file", O_CREAT | O_WRONLY, 0600)), 0);
	cr_assert_eq(symlink("file", "link"), 0);
	cr_assert_eq(open_map("link", 0, &err), -2);
	cr_assert_str_eq(err.text, "link is not read: it is no regular file");
	map = open_map("file", 0, &err);
	cr_assert_geq(map, 0);
	cr_assert_eq(open_map("file", UINT64_MAX, &err), -2);
	cr_assert_str_eq(err.text, "file is not read: it is older than the program");
	close(map);
	unlink("file");
	unlink("link");
	unlink("fifo");
	cr_assert_eq(chdir("/"), 0);
	rmdir(folder);
}
