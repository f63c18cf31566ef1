/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * ownnext [child]: a program that brings malloc and free, passes them on to the next ones, and counts; the other forms are libc's.
 * With "child" it does that as a child of itself.
 */
#include <dlfcn.h>
#include <sys/wait.h>
#include "truth.h"

static unsigned long mallocs, frees;

void *malloc(size_t size)
{
	static void *(*next)(size_t);

	if (!next)
		next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	mallocs++;
	return next(size);
}

void free(void *block)
{
	static void (*next)(void *);

	if (!next)
		next = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	frees++;
	next(block);
}

int main(int argc, char **argv)
{
	char *block;
	int status;

	if (argc > 1) {
		if (vfork() == 0) {
			execl("/proc/self/exe", argv[0], NULL);
			_exit(1);
		}
		wait(&status);
		return WEXITSTATUS(status);
	}
	mallocs = frees = 0;
	block = strdup("some text");
	block = realloc(block, 100);
	free(block);
	free(calloc(5, 5));
	free(aligned_alloc(64, 64));
	SAY("%lu mallocs, %lu frees\n", mallocs, frees);
	return 8;
}
