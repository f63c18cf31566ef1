/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See knock.h, and pidfd_getfd(2). */
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "remote/knock.h"

static void send_through(int socket, const int descriptors[2])
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { "m", 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(&control.head), descriptors, 2 * sizeof(int));
	sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void knock_answer(pid_t pid, int fd, const int descriptors[2])
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), socket;

	if (process < 0)
		return;
	socket = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	close(process);
	if (socket < 0)
		return;
	send_through(socket, descriptors);
	close(socket);
}
