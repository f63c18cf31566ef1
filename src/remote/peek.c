/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See peek.h. process_vm_readv stops at the first page that is not there; /proc/PID/mem goes through protections. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "remote/peek.h"

enum { PAGE = 4096 };

size_t peek_some(pid_t pid, uint64_t address, void *bytes, size_t size)
{
	struct iovec local = { bytes, size }, remote = { (void *)address, size };
	ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return got > 0 ? (size_t)got : 0;
}

bool peek(pid_t pid, uint64_t address, void *bytes, size_t size)
{
	return peek_some(pid, address, bytes, size) == size;
}

bool peek_text(pid_t pid, uint64_t address, char *text, size_t size)
{
	size_t have = 0;

	while (have < size) {
		/* Up to the end of a page: the next may not be there. */
		size_t want = PAGE - (address + have) % PAGE, got;

		want = want < size - have ? want : size - have;
		got = peek_some(pid, address + have, text + have, want);
		if (memchr(text + have, 0, got))
			return true;
		if (got < want)
			return false;
		have += got;
	}
	return false;
}

bool poke(pid_t pid, uint64_t address, const void *bytes, size_t size)
{
	struct iovec local = { (void *)bytes, size }, remote = { (void *)address, size };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

bool poke_code(pid_t pid, uint64_t address, const void *bytes, size_t size)
{
	char name[64];
	ssize_t put;
	int fd;

	snprintf(name, sizeof name, "/proc/%d/mem", (int)pid);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	put = pwrite(fd, bytes, size, (off_t)address);
	close(fd);
	return put == (ssize_t)size;
}
