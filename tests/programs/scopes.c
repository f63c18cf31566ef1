/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * scopes HOW: calls a plugin whose malloc is not the program's: deep (RTLD_DEEPBIND: libc's own, so each may free what the other
 * has made) or apart (dlmopen: a libc of its own); the plugin is libplugin_a.so beside the program. What the program makes
 * and frees itself is its account; what goes over to the other side comes last, so that no address is used twice.
 */
#include <dlfcn.h>
#include "truth.h"

enum { MANY = 200 };

static void *library(const char *how, const char *program)
{
	static char path[4096];
	int length = (int)(strrchr(program, '/') - program);

	snprintf(path, sizeof path, "%.*s/libplugin_a.so", length, program);
	return strcmp(how, "deep") == 0 ? dlopen(path, RTLD_NOW | RTLD_DEEPBIND) : dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
}

int main(int argc, char **argv)
{
	void *plugin = argc > 1 ? library(argv[1], argv[0]) : NULL, *made[MANY], *mine;
	void *(*make)(size_t);
	void (*release)(void *);

	if (!plugin)
		return 77;
	make = (void *(*)(size_t))dlsym(plugin, "plugin_make");
	release = (void (*)(void *))dlsym(plugin, "free");
	for (int i = 0; i < MANY; i++) {
		mine = MADE(i, malloc(i));
		made[i] = make(i);
		memset(made[i], i, i);
		if (i % 2)
			GONE(i, free(mine));
	}
	for (int i = 0; i < MANY; i++) {
		for (int k = 0; k < i; k++)
			if (((unsigned char *)made[i])[k] != i)
				return 1;
		if (i % 3 == 0 || strcmp(argv[1], "deep"))
			release(made[i]);
		else
			free(made[i]);
	}
	SAY("%s is well\n", argv[1]);
	truth_write(NULL);
	return 5;
}
