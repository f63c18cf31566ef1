/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The work itself may sit in one call for long, so a timer shows the line for the first time: its
 * handler writes what was told last. From then on each progress_tell shows its own. A process that
 * is forked meanwhile has no timer and tells nothing.
 */
#include "cmd/progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>
#include "cmd/log.h"

enum { WIDTH_DEFAULT = 80 };
#define ERASE "\r\033[K"

static pid_t worker; /* 0: no work was begun */
static volatile sig_atomic_t shown;
static volatile sig_atomic_t length;
static char line[512];
static struct sigaction before;
static size_t width;

static void put(const char *data, size_t size)
{
	ssize_t written = write(STDERR_FILENO, data, size);

	(void)written; /* nobody needs it */
}

static void show(int number)
{
	(void)number;
	shown = 1;
	put(line, (size_t)length);
}

static void hold_alarm(bool hold)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &alarm, NULL);
}

static void set_timer(int seconds)
{
	const struct itimerval timer = {.it_value.tv_sec = seconds};

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_begin(void)
{
	struct sigaction action = {.sa_handler = show, .sa_flags = SA_RESTART};
	struct winsize window;

	if (worker || log_quiet || !isatty(STDERR_FILENO))
		return;
	width = WIDTH_DEFAULT;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col)
		width = window.ws_col;
	worker = getpid();
	shown = length = 0;
	sigaction(SIGALRM, &action, &before);
	hold_alarm(false);
	set_timer(1);
}

void progress_tell(const char *format, ...)
{
	char text[sizeof line];
	size_t size = strlen(ERASE), most;
	va_list args;

	if (!worker || worker != getpid())
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	hold_alarm(true);
	memcpy(line, ERASE, size);
	most = sizeof line - size < width ? sizeof line - size : width;
	size += log_safe(line + size, most, text);
	length = (sig_atomic_t)size;
	if (shown)
		put(line, size);
	hold_alarm(false);
}

void progress_clear(void)
{
	if (worker && worker == getpid() && shown)
		put(ERASE, strlen(ERASE));
}

void progress_end(void)
{
	if (!worker || worker != getpid())
		return;
	set_timer(0);
	hold_alarm(true); /* one that has come by now is not to be seen */
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	sigaction(SIGALRM, &before, NULL);
	hold_alarm(false);
	progress_clear();
	worker = 0;
}
