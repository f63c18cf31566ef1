/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files as a process in a container or a chroot has them. A path is never put behind the name of the
 * process's root as text: a link in it would lead to files of ours.
 */
#ifndef BASE_ROOTED_H
#define BASE_ROOTED_H

struct rooted {
	const char *root; /* the folder that is "/" there; NULL: ours */
	const char *path;
};

/* As open(2) does, with O_CLOEXEC; links lead where they lead there, never out of the root, and a
 * root that is gone is an error as a file that is. -1 and errno. */
int rooted_open(const struct rooted *file, int flags);
/* The path there without links, as realpath(3) gives it; to be freed. NULL: nobody knows. */
char *rooted_real(const struct rooted *file);

#endif
