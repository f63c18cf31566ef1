/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line that is there while work goes on: on a terminal alone, not at once, and gone in the end. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmd/log.h"
#include "cmd/progress.h"

static int screen; /* our end of the terminal that is stderr */

static void begin(void)
{
	struct winsize window = {.ws_row = 24, .ws_col = 60};
	int terminal;

	screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(screen >= 0 && grantpt(screen) == 0 && unlockpt(screen) == 0);
	terminal = open(ptsname(screen), O_RDWR | O_NOCTTY);
	cr_assert_geq(terminal, 0);
	cr_assert_eq(ioctl(terminal, TIOCSWINSZ, &window), 0);
	dup2(terminal, STDERR_FILENO);
	close(terminal);
	log_quiet = false;
}

TestSuite(progress, .init = begin, .timeout = 60);

/* Waits until what came ends with TEXT; WHAT came before is dropped. */
static void expect(const char *text)
{
	static char seen[4096];
	size_t used = 0;
	ssize_t n;

	seen[0] = 0;
	while (!strstr(seen, text)) {
		n = read(screen, seen + used, sizeof seen - 1 - used);
		cr_assert_gt(n, 0);
		used += (size_t)n;
		seen[used] = 0;
	}
	cr_assert_eq(strlen(strstr(seen, text)), strlen(text), "more than that: %s", seen);
}

static void expect_nothing(void)
{
	struct pollfd waiting = {screen, POLLIN, 0};

	cr_assert_eq(poll(&waiting, 1, 0), 0);
}

Test(progress, is_shown_when_it_takes_long_and_taken_away)
{
	progress_begin();
	progress_tell("naming %d of %d modules", 1, 3);
	expect("\r\033[Knaming 1 of 3 modules");
	progress_tell("naming %d of %d modules", 2, 3);
	expect("\r\033[Knaming 2 of 3 modules");
	progress_end();
	expect("\r\033[K");
	progress_tell("never");
	expect_nothing();
}

Test(progress, is_not_seen_when_it_is_quick)
{
	for (int i = 0; i < 1000; i++) {
		progress_begin();
		progress_tell("naming");
		progress_end();
	}
	expect_nothing();
}

Test(progress, makes_room_for_what_is_said)
{
	progress_begin();
	progress_tell("reading");
	expect("reading");
	log_say("a word");
	expect("\r\033[Kmemtrace: a word\r\n");
	progress_end();
	expect("\r\033[K");
}

Test(progress, fits_into_a_line_and_is_safe)
{
	progress_begin();
	progress_tell("reading \033[31m\n%0100d", 1);
	expect("\r\033[Kreading ?[31m?00000000000000000000000000000000000000");
	progress_end();
}

Test(progress, of_a_child_is_not_shown)
{
	int status;
	pid_t pid;

	progress_begin();
	progress_tell("mine");
	expect("mine");
	pid = fork();
	if (pid == 0) {
		progress_tell("another's");
		progress_clear();
		progress_end();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	expect_nothing();
	progress_end();
}

Test(progress, is_silent_under_q_and_elsewhere)
{
	int ends[2];
	char byte;

	log_quiet = true;
	progress_begin();
	progress_tell("nothing");
	cr_assert_eq(alarm(0), 0, "no timer is set");
	progress_end();
	expect_nothing();
	log_quiet = false;
	cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	progress_begin();
	progress_tell("nothing");
	cr_assert_eq(alarm(0), 0, "no timer is set");
	progress_end();
	cr_assert_lt(read(ends[0], &byte, 1), 0);
}
