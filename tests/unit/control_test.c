/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes between a collector and who asks it, and what a collector makes of askers that are slow, mute or rude. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "record/control.h"
#include "record/procfs.h"

Test(control, a_status_comes_back_as_it_was)
{
	struct control_status status = {.pid = 7, .parent_pid = -1, .recording = 1, .peak = UINT64_MAX,
		.collector_memory = 99, .file = xstrdup("")}, read;
	struct error err = ERROR_INIT;
	struct buffer bytes = {0};

	*ARRAY_PUSH(&status.moments) = xstrdup("USR2-1");
	*ARRAY_PUSH(&status.moments) = xstrdup("");
	control_status_encode(&status, &bytes);
	cr_assert_eq(control_status_decode(&read, &bytes, &err), 0);
	cr_assert_eq(read.pid, 7);
	cr_assert_eq(read.parent_pid, -1);
	cr_assert_eq(read.recording, 1);
	cr_assert_eq(read.peak, UINT64_MAX);
	cr_assert_eq(read.collector_memory, 99);
	cr_assert_eq(read.command.count, 0);
	cr_assert_eq(read.moments.count, 2);
	cr_assert_str_eq(read.moments.items[0], "USR2-1");
	control_status_free(&read);
	for (size_t size = bytes.size; size-- > 0;) {
		const struct buffer cut = {.data = bytes.data, .size = size};

		cr_assert_eq(control_status_decode(&read, &cut, &err), -1, "%zu bytes were taken", size);
	}
	buffer_free(&bytes);
	control_status_free(&status);
}

static int knock(const struct control_server *server)
{
	struct sockaddr_un name;
	socklen_t size = sizeof name;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert_eq(getsockname(server->listener, (struct sockaddr *)&name, &size), 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&name, size), 0);
	return fd;
}

static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

Test(control, a_request_may_come_in_pieces)
{
	const struct control_request request = {.magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .pid = 5};
	struct control_server server;
	struct control_request got;
	int fd, theirs;

	control_open(&server);
	cr_assert_geq(server.listener, 0);
	cr_assert_eq(control_next(&server, 1, &got), -1);
	fd = knock(&server);
	cr_assert_eq(control_next(&server, 1, &got), -1);
	cr_assert_eq(send(fd, &request, 10, 0), 10);
	cr_assert_eq(control_next(&server, 2, &got), -1);
	send(fd, (const char *)&request + 10, sizeof request - 10, 0);
	theirs = control_next(&server, 3, &got);
	cr_assert_geq(theirs, 0);
	cr_assert_eq(got.pid, 5);
	cr_assert_eq(control_next(&server, 4, &got), -1);
	close(theirs);
	cr_assert(is_closed(fd));
	close(fd);
	control_close(&server);
}

Test(control, the_slow_and_the_rude_lose_their_place)
{
	struct control_request request = {.magic = 1}, got;
	int mute[CONTROL_CLIENTS + 1], fd;
	struct control_server server;

	control_open(&server);
	for (int i = 0; i <= CONTROL_CLIENTS; i++)
		mute[i] = knock(&server);
	cr_assert_eq(control_next(&server, 1, &got), -1);
	cr_assert_eq(control_next(&server, 3000000000, &got), -1);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		cr_assert(is_closed(mute[i]));
	cr_assert(!is_closed(mute[CONTROL_CLIENTS]));
	fd = knock(&server);
	send(fd, &request, sizeof request, 0);
	cr_assert_eq(control_next(&server, 3000000001, &got), -1);
	cr_assert(is_closed(fd));
	close(fd);
	fd = knock(&server);
	close(fd);
	cr_assert_eq(control_next(&server, 3000000002, &got), -1);
	for (int i = 0; i <= CONTROL_CLIENTS; i++)
		close(mute[i]);
	control_close(&server);
}

Test(control, another_version_is_told)
{
	const struct control_request request = {.magic = CONTROL_MAGIC, .version = CONTROL_VERSION + 1};
	struct control_server server;
	struct control_request got;
	struct control_head head;
	int fd;

	control_open(&server);
	fd = knock(&server);
	send(fd, &request, sizeof request, 0);
	cr_assert_eq(control_next(&server, 1, &got), -1);
	cr_assert_eq(recv(fd, &head, sizeof head, 0), sizeof head);
	cr_assert_eq(head.answer, CONTROL_FAILED);
	close(fd);
	control_close(&server);
}

Test(control, who_is_not_there_cannot_be_asked)
{
	const struct control_request request = {.verb = CONTROL_STATUS, .pid = INT32_MAX};
	struct error err = ERROR_INIT;
	struct buffer body = {0};
	int32_t collector = 0;

	cr_assert_eq(control_ask(&request, &body, &collector, &err), -1);
	cr_assert_str_eq(err.text, "there is no process 2147483647");
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
}

Test(procfs, ourselves)
{
	struct procfs_process process;

	cr_assert(procfs_look(getpid(), &process));
	cr_assert_eq(process.parent, getppid());
	cr_assert_eq(process.uid, geteuid());
	cr_assert_eq(process.state, 'R');
	cr_assert_geq(procfs_age_ms(&process), -20);
	cr_assert_lt(procfs_age_ms(&process), 600000);
	cr_assert_gt(resident_bytes(getpid()), 1 << 18);
	cr_assert(!procfs_look(INT32_MAX, &process));
	cr_assert_eq(resident_bytes(INT32_MAX), 0);
}
