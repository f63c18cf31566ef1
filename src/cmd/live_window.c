/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Through ncurses, with attributes that every terminal has some form of (bold, dim, reverse) and no colour, so that NO_COLOR and
 * old terminals are no cases of their own. Where the locale has no UTF-8, other characters than ASCII are drawn as '?'.
 *
 * SIGINT, SIGTERM and SIGHUP are asked for before ncurses takes them: the terminal is put back by the way out that `q` takes.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/live_window.h"

enum { ESCAPE_MS = 50 }; /* how long an escape waits for the rest of a key */

static SCREEN *terminal;
static volatile sig_atomic_t ended;
static bool knows_utf8;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void listen_for_ends(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_end};

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
}

int live_window_open(struct error *err)
{
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		error_set(err, "live: standard %s is no terminal", isatty(STDIN_FILENO) ? "output" : "input");
		return error_hint(err, "memtrace snapshot PID writes what there is, memtrace top prints it");
	}
	setlocale(LC_CTYPE, "");
	knows_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	listen_for_ends();
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal || tigetstr("cup") == (char *)-1 || !tigetstr("cup")) {
		if (terminal)
			live_window_close();
		error_set(err, "live: nothing is known of how to draw on a terminal of type '%s'", type ? type : "");
		return error_hint(err, "TERM=xterm memtrace live … may do");
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, true);
	nodelay(stdscr, true);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	return 0;
}

void live_window_close(void)
{
	endwin();
	delscreen(terminal);
	terminal = NULL;
}

void live_window_size(int *width, int *height)
{
	getmaxyx(stdscr, *height, *width);
	*width = *width > 0 ? *width : 1;
	*height = *height > 0 ? *height : 1;
}

static attr_t attributes(enum live_style style)
{
	switch (style) {
	case LIVE_STRONG:
		return A_BOLD;
	case LIVE_DIM:
		return A_DIM;
	case LIVE_TITLE:
		return A_REVERSE;
	case LIVE_PLAIN:
		break;
	}
	return A_NORMAL;
}

static void draw_text(const char *text, size_t size)
{
	if (knows_utf8) {
		addnstr(text, (int)size);
		return;
	}
	for (size_t i = 0; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			addch((text[i] & 0x80) ? '?' : (chtype)text[i]);
}

void live_window_draw(const struct live_screen *screen)
{
	int width, height;

	live_window_size(&width, &height);
	erase();
	for (size_t i = 0; i < screen->lines.count && (int)i < height; i++) {
		const struct live_line *line = &screen->lines.items[i];

		attrset(attributes(line->style));
		move((int)i, 0);
		if (line->style == LIVE_TITLE)
			hline(' ' | A_REVERSE, width);
		draw_text(screen->text + line->at, line->size);
	}
	attrset(A_NORMAL);
	refresh();
}

int live_window_key(void)
{
	static const struct {
		int theirs, ours;
	} keys[] = {{KEY_UP, LIVE_KEY_UP}, {KEY_DOWN, LIVE_KEY_DOWN}, {KEY_PPAGE, LIVE_KEY_PAGE_UP}, {KEY_NPAGE, LIVE_KEY_PAGE_DOWN},
		{KEY_HOME, LIVE_KEY_HOME}, {KEY_END, LIVE_KEY_END}, {KEY_BACKSPACE, LIVE_KEY_BACKSPACE}, {KEY_ENTER, '\n'},
		{KEY_RESIZE, LIVE_KEY_RESIZE}};
	int key;

	if (ended)
		return LIVE_KEY_QUIT;
	key = getch();
	if (key == ERR)
		return -1;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].theirs == key)
			return keys[i].ours;
	return key < 0x100 ? key : LIVE_KEY_RESIZE; /* one that means nothing here */
}

void live_window_wait(int fd)
{
	struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	/* A signal before this would be heard at the next key or picture; a terminal that hung up is the end. */
	if (!ended && poll(polls, 2, -1) > 0 && (polls[0].revents & (POLLHUP | POLLERR)))
		ended = 1;
}
