/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ldflags: -ldl */
/* api_dlopen DIR: what the plugin's memtrace_track says. */
#include <dlfcn.h>
#include "truth.h"

int main(int argc, char **argv)
{
	char path[4096];
	void *library;

	snprintf(path, sizeof path, "%s/libapi_plugin.so", argc > 1 ? argv[1] : ".");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return 1;
	SAY("%d\n", ((int (*)(void))dlsym(library, "api_plugin_track"))());
	return 0;
}
