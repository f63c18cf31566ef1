/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread -ldl */
/*
 * loads HOW N DIR [ROUNDS]: loads DIR/p1.so … DIR/pN.so, plugins that look alike, and has the Ith make a block of I bytes: all (stay
 * loaded), turns (one at a time, all in turn, so that they come to stand at the same places), threads (one for each, all at
 * once, each loading and unloading its own), tls (a thread for each round, which has memory of its own in each of them).
 */
#include <dlfcn.h>
#include <pthread.h>
#include "truth.h"

enum { MOST = 200 };

static const char *folder;
static long n, rounds;
static void *libraries[MOST];

static void *load(long i)
{
	char path[4096];
	void *library;

	snprintf(path, sizeof path, "%s/p%ld.so", folder, i);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		_exit(3);
	return library;
}

static void use(void *library, long i)
{
	void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "plugin_make");

	if (!make || !make((size_t)i))
		_exit(4);
}

static void *take_turns(void *first)
{
	for (long round = 0; round < rounds; round++)
		for (long i = first ? (long)first : 1; i <= (first ? (long)first : n); i++) {
			void *library = load(i);

			use(library, i);
			dlclose(library);
		}
	return NULL;
}

static void *use_all(void *argument)
{
	for (long i = 1; i <= n; i++)
		use(libraries[i - 1], i);
	return argument;
}

static void run(void *(*function)(void *), long n_threads, int alone)
{
	pthread_t threads[MOST];

	for (long i = 0; i < n_threads; i++) {
		pthread_create(&threads[i], NULL, function, alone ? NULL : (void *)(i + 1));
		if (alone)
			pthread_join(threads[i], NULL);
	}
	for (long i = 0; i < n_threads && !alone; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	n = truth_argument(argc, argv, 2, 1);
	folder = argc > 3 ? argv[3] : ".";
	rounds = truth_argument(argc, argv, 4, 1);
	if (n > MOST || rounds > MOST)
		return 2;
	if (!strcmp(how, "all") || !strcmp(how, "tls"))
		for (long i = 1; i <= n; i++)
			libraries[i - 1] = load(i);
	if (!strcmp(how, "all"))
		use_all(NULL);
	else if (!strcmp(how, "turns"))
		take_turns(NULL);
	else if (!strcmp(how, "threads"))
		run(take_turns, n, 0);
	else if (!strcmp(how, "tls"))
		run(use_all, rounds, 1);
	else
		return 2;
	SAY("done\n");
	return 5;
}
