/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The helper process: what it answers, what is said when it dies, and what it inherits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/memory.h"
#include "sanitized.h"
#include "symbol/helper.h"
#include "symbol/killed.h"

static const struct helper_limits limits = {64u << 20, 300};
static struct error err = ERROR_INIT;

/* For what takes as long as the machine lets it. */
static const struct helper_limits __attribute__((unused)) patient = {64u << 20, 30000};

static void start(struct helper *helper, void (*serve)(int, void *), void *argument)
{
	cr_assert_eq(helper_start(helper, &limits, serve, argument, &err), 0, "%s", err.text);
}

/* Asks once and wants to hear that it died: how is then in err. */
static void die(void (*serve)(int, void *), const struct helper_limits *within)
{
	struct helper helper;
	size_t size;

	cr_assert_eq(helper_start(&helper, within, serve, NULL, &err), 0, "%s", err.text);
	if (!helper_ask(&helper, "go", 2, &err))
		cr_assert_null(helper_answer(&helper, &size, &err));
	cr_assert_eq(helper.pid, 0);
	helper_stop(&helper);
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "nothing is left behind");
	cr_assert_eq(errno, ECHILD);
}

static void check_death(void (*serve)(int, void *), const char *words)
{
	die(serve, &limits);
	cr_assert_str_eq(err.text, words);
}

static void echo(int socket, void *argument)
{
	(void)argument;
	for (;;) {
		size_t size;
		void *data = helper_receive(socket, &size);

		helper_send(socket, data, size);
		free(data);
	}
}

Test(helper, messages_of_all_sizes)
{
	struct helper helper;

	start(&helper, echo, NULL);
	for (size_t size = 1; size < 20000000; size = size * 7 + 3) {
		char *data = malloc(size), *answer;
		size_t got;

		memset(data, size % 251, size);
		cr_assert_eq(helper_ask(&helper, data, size, &err), 0, "%s", err.text);
		answer = helper_answer(&helper, &got, &err);
		cr_assert_not_null(answer, "%s", err.text);
		cr_assert_eq(got, size);
		cr_assert_eq(memcmp(answer, data, size), 0);
		free(answer);
		free(data);
	}
	helper_stop(&helper);
}

static void die_of_segv(int socket, void *argument)
{
	(void)socket, (void)argument;
	raise(SIGSEGV);
}

static void die_of_abort(int socket, void *argument)
{
	(void)socket, (void)argument;
	abort();
}

static void hang(int socket, void *argument)
{
	size_t size;

	(void)argument;
	free(helper_receive(socket, &size));
	for (;;)
		pause();
}

static void speak_and_hang(int socket, void *argument)
{
	(void)argument;
	helper_send(socket, "here", 4);
	for (;;)
		pause();
}

static void turn_round(int socket, void *argument)
{
	size_t size;

	(void)argument;
	free(helper_receive(socket, &size));
	for (;;)
		;
}

#ifndef ADDRESS_SANITIZED
static void eat(int socket, void *argument)
{
	(void)socket, (void)argument;
	for (;;)
		memset(xmalloc(1 << 20), 1, 1 << 20);
}
#endif

static void leave_early(int socket, void *argument)
{
	(void)socket, (void)argument;
	_exit(7);
}

static void half_an_answer(int socket, void *argument)
{
	uint32_t length = 100;

	(void)argument;
	if (write(socket, &length, 4) == 4 && write(socket, "abc", 3) == 3)
		raise(SIGBUS);
}

static void nonsense(int socket, void *argument)
{
	uint32_t length = 0xfffffff0;

	(void)argument;
	if (write(socket, &length, 4) == 4)
		pause();
}

static void handler(int signal)
{
	(void)signal;
	_exit(1);
}

Test(helper, deaths)
{
	/* The caller's own handlers are not the child's. */
	signal(SIGSEGV, handler);
	signal(SIGABRT, handler);
	check_death(die_of_segv, "the reader died of signal 11");
	check_death(die_of_abort, "the reader died of signal 6");
	check_death(half_an_answer, "the reader died of signal 7");
	check_death(leave_early, "the reader ended with status 7");
	check_death(nonsense, "the reader talks nonsense");
}

Test(helper, knows_who_is_to_blame)
{
	static const struct {
		void (*serve)(int, void *);
		int signal;
		bool outside;
	} cases[] = {{die_of_segv, 0, false}, {leave_early, 0, false},
		{speak_and_hang, SIGKILL, true}, {speak_and_hang, SIGTERM, true},
		{speak_and_hang, SIGBUS, true}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct helper helper;
		size_t size;

		start(&helper, cases[i].serve, NULL);
		if (cases[i].signal) {
			/* Its signals are as they are to be when it speaks. */
			free(helper_answer(&helper, &size, &err));
			kill(helper.pid, cases[i].signal);
		}
		cr_assert_null(helper_answer(&helper, &size, &err));
		cr_assert_eq(helper.outside, cases[i].outside, "%zu", i);
	}
}

Test(helper, limits)
{
	/* Who sleeps may only be kept from working; who works and says nothing never ends. */
	check_death(hang, "the reader made no progress for 1.5 s");
	die(turn_round, &limits);
	/* 0.3 where it has a processor to itself. */
	cr_assert_eq(strncmp(err.text, "the reader made no progress for ", 32), 0, "%s", err.text);
	cr_assert_leq(strtod(err.text + 32, NULL), 1.5);
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
#ifndef ADDRESS_SANITIZED /* which has a malloc, and words, of its own */
	die(eat, &patient);
	cr_assert_str_eq(err.text, "the reader ran out of memory");
	cr_assert_eq(err.status, EXIT_MEMTRACE_FAILED);
#endif
}

static void slow(int socket, void *argument)
{
	(void)argument;
	for (int i = 0; i < 6; i++) {
		usleep(100000);
		helper_send(socket, NULL, 0);
	}
	helper_send(socket, "done", 4);
	pause();
}

Test(helper, signs_of_life_are_progress)
{
	struct helper helper;
	size_t size;
	char *answer;

	start(&helper, slow, NULL);
	answer = helper_answer(&helper, &size, &err);
	cr_assert(answer && size == 4 && !memcmp(answer, "done", 4), "%s", err.text);
	free(answer);
	helper_stop(&helper);
}

/* Answers with what it inherited: one byte for each open descriptor but its socket, then whether writing to
 * 1 and 2 is silent. */
static void tell_files(int socket, void *argument)
{
	char found[1024];
	size_t count = 0;

	(void)argument;
	for (int i = 3; i < 1024; i++)
		if (i != socket && fcntl(i, F_GETFD) >= 0)
			found[count++] = 'x';
	found[count++] = '.';
	if (write(1, "heard?", 6) != 6 || write(2, "heard?", 6) != 6)
		found[count++] = '!';
	helper_send(socket, found, count);
}

Test(helper, nothing_is_inherited)
{
	struct helper helper;
	size_t size;
	char *answer;
	int out = memfd_create("out", 0), saved[2] = {dup(1), dup(2)};

	dup2(out, 1);
	dup2(out, 2);
	start(&helper, tell_files, NULL);
	answer = helper_answer(&helper, &size, &err);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	cr_assert(answer && size == 1 && *answer == '.');
	cr_assert_eq(lseek(out, 0, SEEK_END), 0, "its words go nowhere");
	free(answer);
	helper_stop(&helper);
}

Test(helper, works_where_0_to_2_are_closed)
{
	struct helper helper;
	size_t size;
	char *answer;
	int saved[3] = {dup(0), dup(1), dup(2)};

	close(0);
	close(1);
	close(2);
	start(&helper, echo, NULL);
	cr_assert_eq(helper_ask(&helper, "hello", 5, &err), 0);
	answer = helper_answer(&helper, &size, &err);
	helper_stop(&helper);
	for (int i = 0; i < 3; i++)
		dup2(saved[i], i);
	cr_assert(answer && size == 5 && !memcmp(answer, "hello", 5));
	free(answer);
}

/* Whether PID has ended; nobody may have reaped it. */
static bool has_ended(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", pid), state = 'Z';
	FILE *file = fopen(path, "r");

	free(path);
	if (file && fscanf(file, "%*d %*s %c", &state) != 1)
		state = 'Z';
	if (file)
		fclose(file);
	return state == 'Z';
}

Test(helper, ends_with_its_parent, .timeout = 30)
{
	int pipes[2];
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		struct helper helper;

		/* Left alone in the middle of its work: it has read a question, and hangs. */
		_exit(helper_start(&helper, &limits, hang, NULL, &err) ||
			helper_ask(&helper, "go", 2, &err) || write(pipes[1], &helper.pid, 4) != 4);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(read(pipes[0], &pid, 4), 4);
	for (int i = 0; i < 200 && !has_ended(pid); i++)
		usleep(50000);
	cr_assert(has_ended(pid));
}

/* More than are remembered: each is gone when its parent has ended by exit. */
Test(helper, are_waited_for_at_the_latest_at_exit, .timeout = 30)
{
	enum { HELPERS = 40 };
	int pipes[2], status = -1;
	pid_t pids[HELPERS], pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		struct helper helpers[HELPERS];

		killed_may_wait();
		for (int i = 0; i < HELPERS; i++)
			if (helper_start(&helpers[i], &limits, hang, NULL, &err) || write(pipes[1], &helpers[i].pid, sizeof pid) != sizeof pid)
				_exit(1);
		for (int i = 0; i < HELPERS; i++)
			helper_stop(&helpers[i]);
		exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(read(pipes[0], pids, sizeof pids), (ssize_t)sizeof pids);
	for (int i = 0; i < HELPERS; i++)
		cr_assert(kill(pids[i], 0) < 0 && errno == ESRCH, "%d of them is there", i);
}

/* A forked child has the list, and none of the processes on it; it has promised nothing, and waits for its own at once. */
Test(helper, of_others_are_not_waited_for, .timeout = 30)
{
	struct helper ours, childs;
	int status = -1;
	pid_t pid;

	killed_may_wait();
	start(&ours, hang, NULL);
	helper_stop(&ours);
	pid = fork();
	if (!pid) {
		if (helper_start(&childs, &limits, hang, NULL, &err))
			_exit(1);
		pid = childs.pid;
		helper_stop(&childs);
		_exit(kill(pid, 0) < 0 && errno == ESRCH ? 0 : 2);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}
