/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -Lbuild/tests -lwrapper -Wl,-rpath,$ORIGIN */
/* A program that is linked with libwrapper, whose malloc passes on to libc's. It must be asked no more often than without us. */
#include <dlfcn.h>
#include "truth.h"

extern unsigned long wrapper_calls;

int main(void)
{
	void *(*next)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	void *block = MADE(10, malloc(10));
	unsigned long before = wrapper_calls;

	block = MOVED(10, 5000, realloc(block, 5000));
	GONE(5000, free(block));
	GONE(60, free(MADE(60, calloc(6, 10))));
	GONE(70, free(MADE(70, next(70))));
	(void)MADE(80, malloc(80));
	SAY("asked %lu times\n", wrapper_calls - before);
	truth_write(NULL);
	return 4;
}
