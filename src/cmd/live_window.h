/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A terminal's window: lines go to it, keys come from it. One at a time; what it changes of the terminal it puts back.
 */
#ifndef CMD_LIVE_WINDOW_H
#define CMD_LIVE_WINDOW_H

#include "base/error.h"
#include "cmd/live_screen.h"

/* An error where standard input or output is no terminal, or one that cannot be drawn on. */
int live_window_open(struct error *err);
void live_window_close(void);
void live_window_size(int *width, int *height); /* both at least 1 */
void live_window_draw(const struct live_screen *screen);
/* The next key (enum live_key or a byte), or -1: there is none now. */
int live_window_key(void);
/* Waits for a key, or until FD (-1 none) is readable; a signal that ends programs counts as the key that quits. */
void live_window_wait(int fd);

#endif
