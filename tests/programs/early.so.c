/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends the program in a constructor, before anybody has asked for memory: by exit, whose handlers must come, or, where the
 * program is called with another word, by quick_exit, whose handlers must.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(1);
}

static void at_exit(void)
{
	say("handled\n");
}

static void at_quick(void)
{
	say("quickly handled\n");
}

__attribute__((constructor)) static void constructor(int argc, char **argv)
{
	(void)argv;
	atexit(at_exit);
	at_quick_exit(at_quick);
	if (argc > 1)
		quick_exit(6);
	exit(5);
}

void early(void)
{
}
