/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One byte and two descriptors for each connection. The abstract name leaves nothing in the file system and dies with the last
 * descriptor, which a successor inherits. But /proc/net/unix shows it to everybody, so that it is no secret: who
 * knocks is looked at. Another user's process is let in only where it comes from one of those that are watched.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "record/door.h"
#include "record/procfs.h"

enum { WAITING_MAX = 64, GENERATIONS_MAX = 64 };

int door_open(const struct pool *pool)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "memtrace.%016lx",
		(unsigned long)pool->head->key);
	int door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (door < 0)
		return -1;
	if (bind(door, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) < 0 ||
		listen(door, WAITING_MAX) < 0) {
		close(door);
		return -1;
	}
	return door;
}

/* Is it, or one of those that it comes from, in the table of processes? What stands there is their own word: they have what there
 * is to get already. */
static bool is_offspring(const struct pool *pool, pid_t pid)
{
	struct procfs_process process;

	for (int steps = 0; steps < GENERATIONS_MAX && pid > 1; steps++, pid = process.parent) {
		for (uint32_t i = 0; i < WIRE_PROCESSES; i++)
			if (pool->processes[i].state != WIRE_PROCESS_FREE && pool->processes[i].pid == pid)
				return true;
		if (!procfs_look(pid, &process))
			return false;
	}
	return false;
}

static bool may_enter(const struct pool *pool, int guest)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(guest, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0 || is_offspring(pool, peer.pid);
}

static void hand_out(int guest, const struct pool *pool)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { "m", 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	const int descriptors[2] = { pool->memory_fd, pool->pipe_write };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof descriptors);
	memcpy(CMSG_DATA(&control.head), descriptors, sizeof descriptors);
	sendmsg(guest, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void door_answer(int door, const struct pool *pool)
{
	int guest;

	while (door >= 0 && (guest = accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (may_enter(pool, guest))
			hand_out(guest, pool);
		close(guest);
	}
}
