/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector's end of control.h: it must never wait for anybody, so an asker has a place where what he has said so far is kept,
 * and loses it when he is too slow. Strangers are closed at once.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "record/control.h"

enum { WAITING_MAX = 64 };
#define PATIENCE_NS 2000000000ull

void control_open(struct control_server *server)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	uint64_t chance = 0;
	socklen_t size;
	int length;

	memset(server, 0, sizeof *server);
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
		chance = 0; /* then somebody could take it before us, no more */
	length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "memtrace-control.%d.%016lx", (int)getpid(),
		(unsigned long)chance);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listener >= 0 && (bind(server->listener, (struct sockaddr *)&name, size) < 0 ||
					     listen(server->listener, WAITING_MAX) < 0)) {
		close(server->listener);
		server->listener = -1;
	}
}

void control_take_over(struct control_server *server)
{
	if (server->listener >= 0)
		listen(server->listener, WAITING_MAX);
}

static void forget(struct control_client *client)
{
	memset(client, 0, sizeof *client);
}

void control_close(struct control_server *server)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (server->clients[i].since_ns)
			close(server->clients[i].fd);
		forget(&server->clients[i]);
	}
	if (server->listener >= 0)
		close(server->listener);
	server->listener = -1;
}

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static struct control_client *free_place(struct control_server *server)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (!server->clients[i].since_ns)
			return &server->clients[i];
	return NULL;
}

static void let_in(struct control_server *server, uint64_t now_ns)
{
	struct control_client *place;

	while (server->listener >= 0 && (place = free_place(server))) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		if (!is_allowed(fd)) {
			close(fd);
			continue;
		}
		place->fd = fd;
		place->since_ns = now_ns;
	}
}

/* True: the request is whole. */
static bool listen_to(struct control_client *client, uint64_t now_ns)
{
	ssize_t got = recv(client->fd, (char *)&client->request + client->got, sizeof client->request - client->got,
		MSG_DONTWAIT);

	if (got > 0)
		client->got += (size_t)got;
	if (client->got == sizeof client->request)
		return true;
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || now_ns - client->since_ns > PATIENCE_NS) {
		close(client->fd);
		forget(client);
	}
	return false;
}

static bool is_sound(int fd, const struct control_request *request)
{
	struct error err = ERROR_INIT;

	if (request->magic != CONTROL_MAGIC)
		return false;
	if (request->version == CONTROL_VERSION && memchr(request->label, 0, sizeof request->label))
		return true;
	error_status(&err, EXIT_MEMTRACE_FAILED, "the collector is of another version of memtrace");
	control_fail(fd, &err);
	return false;
}

int control_next(struct control_server *server, uint64_t now_ns, struct control_request *request)
{
	let_in(server, now_ns);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &server->clients[i];
		int fd = client->fd;

		if (!client->since_ns || !listen_to(client, now_ns))
			continue;
		*request = client->request;
		forget(client);
		if (is_sound(fd, request))
			return fd;
		close(fd);
	}
	return -1;
}

static int send_all(int fd, const void *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -1;
		data = (const char *)data + sent;
		size -= (size_t)sent;
	}
	return 0;
}

int control_answer(int fd, enum control_answer answer, const void *data, size_t size)
{
	const struct control_head head = {
		.magic = CONTROL_MAGIC,
		.version = CONTROL_VERSION,
		.answer = answer,
		.collector = getpid(),
		.size = size,
	};

	return send_all(fd, &head, sizeof head) < 0 || send_all(fd, data, size) < 0 ? -1 : 0;
}

int control_fail(int fd, const struct error *err)
{
	struct buffer body = {0};
	int result;

	buffer_u32(&body, (uint32_t)err->status);
	buffer_string(&body, err->text, strlen(err->text));
	buffer_string(&body, err->hint, strlen(err->hint));
	result = control_answer(fd, CONTROL_FAILED, body.data, body.size);
	buffer_free(&body);
	return result;
}
