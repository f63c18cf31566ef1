/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lingers HERE GO [FOLDER]: allocates, makes the file HERE, waits for the file GO, allocates again at another place, ends.
 * With FOLDER that becomes its root (chroot) after the first allocation.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *volatile lingers_kept[2];

__attribute__((noinline)) static void before(void)
{
	lingers_kept[0] = malloc(1111);
}

__attribute__((noinline)) static void after(void)
{
	lingers_kept[1] = malloc(2222);
}

int main(int argc, char **argv)
{
	int folder = open(".", O_PATH | O_DIRECTORY);

	if (argc < 3)
		return 2;
	before();
	if (argc > 3 && (chroot(argv[3]) || fchdir(folder)))
		return 3;
	close(open(argv[1], O_WRONLY | O_CREAT, 0666));
	while (access(argv[2], F_OK))
		usleep(1000);
	after();
	return 0;
}
