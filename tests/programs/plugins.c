/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -ldl */
/* plugins ROUNDS DIR: loads and unloads libplugin_a.so and libplugin_b.so of DIR in turn; a makes 10 bytes each time, b 20. Says how often both were mapped at the same place. */
#include <dlfcn.h>
#include "truth.h"

int main(int argc, char **argv)
{
	long rounds = truth_argument(argc, argv, 1, 10), same = 0;
	void *(*make)(size_t), *place[2] = { NULL, NULL };
	char path[4096];

	for (long i = 0; i < rounds * 2; i++) {
		void *library;

		snprintf(path, sizeof path, "%s/libplugin_%c.so", argc > 2 ? argv[2] : ".", i % 2 ? 'b' : 'a');
		library = dlopen(path, RTLD_NOW);
		if (!library)
			return 1;
		make = (void *(*)(size_t))dlsym(library, "plugin_make");
		place[i % 2] = (void *)make;
		same += place[0] == place[1];
		if (!make(i % 2 ? 20 : 10))
			return 2;
		if (dlclose(library))
			return 3;
	}
	SAY("%s\n", same ? "same place" : "other places");
	return 0;
}
