/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * environs HOW: does something to its environment, allocates, then becomes `environs end`, which says what it has got but for memtrace's
 * own: null (environ is NULL, from before any constructor on), clear (clearenv), unset (LD_PRELOAD and all that is memtrace's,
 * in a constructor), garbage (the same, set to nonsense), huge (a megabyte beside them), none (execve with NULL), twice (two of each
 * variable).
 */
#include "truth.h"

extern char **environ;
static char **saved;
static const char *how = "";

static int is(const char *name)
{
	return strcmp(how, name) == 0;
}

static void before_all(int argc, char **argv, char **environment)
{
	how = argc > 1 ? argv[1] : "";
	saved = environment;
	if (is("null"))
		environ = NULL;
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before_all;

__attribute__((constructor)) static void early(void)
{
	if (is("unset")) {
		unsetenv("LD_PRELOAD");
		unsetenv("MEMTRACE_CHANNEL");
	} else if (is("garbage")) {
		setenv("MEMTRACE_CHANNEL", "3:::x:-1:99999999999999999999", 1);
		setenv("MEMTRACE_OPTIONS", "--no-such-option", 1);
		setenv("MEMTRACE_FRAMES", "-5", 1);
	} else if (is("clear")) {
		clearenv();
	}
}

static void some(int n)
{
	for (int i = 0; i < n; i++)
		GONE(i, free(MADE(i, malloc(i))));
}

static char **huge(void)
{
	static char text[100000], *list[64];
	int n = 0;

	memset(text, 'x', sizeof text - 1);
	memcpy(text, "HUGE=", 5);
	for (char **entry = saved; *entry && n < 40; entry++)
		list[n++] = *entry;
	for (int i = 0; i < 10; i++)
		list[n++] = text;
	return list;
}

static char **twice(void)
{
	static char *list[128];
	int n = 0;

	for (int i = 0; i < 2; i++)
		for (char **entry = saved; *entry && n < 120; entry++)
			list[n++] = *entry;
	return list;
}

int main(int argc, char **argv)
{
	char *const next[] = { argv[0], "end", NULL };

	some(500);
	if (argc > 1 && strcmp(argv[1], "end") == 0) {
		int n = 0;

		for (char **entry = environ; entry && *entry; entry++)
			if (strncmp(*entry, "MEMTRACE_", 9) && strncmp(*entry, "LD_PRELOAD=", 11) && strncmp(*entry, "_=", 2))
				n += (int)strlen(*entry);
		SAY("%d bytes\n", n);
		return 5;
	}
	truth_write(is("null") || is("clear") ? "" : NULL);
	if (is("null") || is("none"))
		execve("/proc/self/exe", next, NULL);
	else if (is("huge"))
		execve("/proc/self/exe", next, huge());
	else if (is("twice"))
		execve("/proc/self/exe", next, twice());
	else
		execv("/proc/self/exe", next);
	return 9;
}
