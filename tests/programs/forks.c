/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/*
 * forks [inherited]: a process with children and a grandchild, each with blocks of its own; the children's accounts
 * go to $TRUTH.PID. A child's account begins empty: it inherits a heap that it did not allocate. With "inherited" the
 * children also free what they inherited.
 */
#include <sys/wait.h>
#include "truth.h"

static void *inherited[3];

static void make(int n, size_t size)
{
	for (int i = 0; i < n; i++) {
		void *block = MADE(size, malloc(size));

		if (i % 3 == 0)
			GONE(size, free(block));
	}
}

static void finish(void)
{
	char suffix[32];

	snprintf(suffix, sizeof suffix, ".%d", getpid());
	truth_write(suffix);
	exit(7);
}

static void child(int number, int frees)
{
	truth = (struct truth){ 0 };
	make(100 * number, 1000);
	if (frees)
		for (int i = 0; i < 3; i++)
			free(inherited[i]);
	if (number == 3) {
		pid_t grandchild = fork();

		if (grandchild == 0) {
			truth = (struct truth){ 0 };
			make(55, 77);
			finish();
		}
		make(10, 20);
		waitpid(grandchild, NULL, 0);
	}
	finish();
}

int main(int argc, char **argv)
{
	pid_t pids[3];

	(void)argv;
	for (int i = 0; i < 3; i++)
		inherited[i] = MADE(500, malloc(500));
	for (int i = 0; i < 3; i++) {
		make(30, 300);
		pids[i] = fork();
		if (pids[i] == 0)
			child(i + 1, argc > 1);
	}
	make(40, 400);
	for (int i = 0; i < 3; i++)
		waitpid(pids[i], NULL, 0);
	truth_write(NULL);
	return 0;
}
