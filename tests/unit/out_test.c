/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output: what a person or a file behind it changes, and what a full disk or a closed pipe means.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/out.h"

Test(out, memory_is_no_terminal_and_gets_every_byte)
{
	struct error err = ERROR_INIT;
	struct out out;
	char *data;
	size_t size;
	FILE *stream = open_memstream(&data, &size);

	out_init(&out, stream);
	cr_assert(!out.terminal && !out.colour && out.width == 0);
	out_text(&out, "a");
	out_bytes(&out, "\0b", 2);
	out_format(&out, "%d%%\n", 5);
	cr_assert_eq(out_finish(&out, &err), 0);
	cr_assert_eq(size, 6);
	cr_assert_eq(memcmp(data, "a\0b5%\n", 6), 0);
	fclose(stream);
	free(data);
}

Test(out, a_full_disk_is_an_error_told_once_with_its_reason)
{
	struct error err = ERROR_INIT;
	struct out out;
	FILE *stream = fopen("/dev/full", "w");

	out_init(&out, stream);
	out_text(&out, "text");
	cr_assert_eq(out_finish(&out, &err), -1);
	cr_assert_str_eq(err.text, "cannot write the output: No space left on device");
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
	fclose(stream);
}

Test(out, a_failure_in_the_middle_stays_known)
{
	struct error err = ERROR_INIT;
	struct out out;
	FILE *stream = fopen("/dev/full", "w");

	out_init(&out, stream);
	for (int i = 0; i < 10000 && !out.failed; i++)
		out_format(&out, "line %d\n", i);
	cr_assert(out.failed);
	errno = 0;
	out_text(&out, "more");
	cr_assert_eq(out_finish(&out, &err), -1);
	cr_assert_not_null(strstr(err.text, "No space left"));
	fclose(stream);
}

Test(out, a_closed_pipe_is_silence)
{
	struct error err = ERROR_INIT;
	struct out out;
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	FILE *stream = fdopen(ends[1], "w");

	out_init(&out, stream);
	cr_assert_not(out.terminal);
	out_text(&out, "text");
	cr_assert_eq(out_finish(&out, &err), 0);
	cr_assert(out.failed);
	cr_assert_str_eq(err.text, "");
	fclose(stream);
}

static struct out on_terminal(unsigned short columns)
{
	struct winsize window = {.ws_row = 24, .ws_col = columns};
	int leader, follower;
	struct out out;

	if (openpty(&leader, &follower, NULL, NULL, &window))
		cr_skip_test("no terminal can be made: %s", strerror(errno));
	FILE *stream = fdopen(follower, "w");

	out_init(&out, stream);
	fclose(stream);
	close(leader);
	return out;
}

Test(out, a_terminal_has_width_and_colour)
{
	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	struct out out = on_terminal(123);

	cr_assert(out.terminal && out.colour);
	cr_assert_eq(out.width, 123);
	cr_assert_eq(on_terminal(0).width, 80);
	setenv("COLUMNS", "60", 1);
	cr_assert_eq(on_terminal(123).width, 60);
	setenv("COLUMNS", "nonsense", 1);
	cr_assert_eq(on_terminal(123).width, 123);
	setenv("NO_COLOR", "", 1);
	cr_assert(on_terminal(80).colour, "an empty NO_COLOR is none");
	setenv("NO_COLOR", "1", 1);
	out = on_terminal(80);
	cr_assert(out.terminal && !out.colour);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	cr_assert_not(on_terminal(80).colour);
}
