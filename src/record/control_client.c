/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The asker's end of control.h. All collectors that may be the right one are asked at once; the first that says anything but
 * "not mine" is it. One that stands still takes the request without an answer: so nobody is waited for longer than
 * ANSWER_MS, and then it is said who did not answer. A process that has just begun may not be known yet: then they are asked
 * again, so that `memtrace run … & memtrace ctl $!` works.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "record/control.h"
#include "record/procfs.h"

enum { ANSWER_MS = 5000, WORK_MS = 60000 /* without a byte */, ASKED_MAX = 1024, TIMES_LISTED = 2 };
enum { YOUNG_MS = 2000, YOUNG_STEP_US = 20000 };
#define LISTENS 0x10000ul /* __SO_ACCEPTCON of the kernel, in the flags of /proc/net/unix */
#define PREFIX "@memtrace-control."
#define BODY_MAX (1ull << 40)

struct asked {
	int fd;
	struct ucred peer;
	char path[sizeof ((struct sockaddr_un *)0)->sun_path + 1];
};

struct asking {
	const struct control_request *request;
	struct procfs_process process;   /* that it is about */
	bool seen;               /* /proc knows it */
	ARRAY(struct asked) asked;
	bool unknown;            /* all who took the question have said that it is not theirs */
	ARRAY(pid_t) full;       /* those, by their names, for whom so many wait already that they took no more */
	struct buffer *body;
	int32_t *collector;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_worth_asking(const struct asking *asking, const struct ucred *peer)
{
	return peer->uid == geteuid() || peer->uid == 0 || (geteuid() == 0 && asking->seen && peer->uid == asking->process.uid);
}

static bool is_asked(const struct asking *asking, const char *path)
{
	for (size_t i = 0; i < asking->asked.count; i++)
		if (strcmp(asking->asked.items[i].path, path) == 0)
			return true;
	return false;
}

/* PATH as /proc/net/unix writes it. */
static void ask(struct asking *asking, const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct asked asked = {.fd = fd};
	socklen_t size = sizeof asked.peer;

	if (fd < 0 || length > sizeof name.sun_path)
		goto out;
	strcpy(asked.path, path); /* its length has been checked */
	memcpy(name.sun_path + 1, path + 1, length - 1);
	if (connect(fd, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
		if (errno == EAGAIN)
			*ARRAY_PUSH(&asking->full) = (pid_t)strtol(path + sizeof PREFIX - 1, NULL, 10);
		goto out;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &asked.peer, &size) < 0 || !is_worth_asking(asking, &asked.peer) ||
		send(fd, asking->request, sizeof *asking->request, MSG_NOSIGNAL) != sizeof *asking->request)
		goto out;
	*ARRAY_PUSH(&asking->asked) = asked;
	return;
out:
	if (fd >= 0)
		close(fd);
}

/* Num RefCount Protocol Flags Type St Inode Path. The list is read in portions, and may lack a name when others go meanwhile: so it
 * is to be read more than once. */
static void ask_all(struct asking *asking)
{
	FILE *file = fopen("/proc/net/unix", "re");
	char line[512], path[256];
	unsigned long flags;

	while (file && fgets(line, sizeof line, file) && asking->asked.count < ASKED_MAX)
		if (sscanf(line, "%*s %*s %*s %lx %*s %*s %*s %255s", &flags, path) == 2 && (flags & LISTENS) &&
			strncmp(path, PREFIX, sizeof PREFIX - 1) == 0 && !is_asked(asking, path))
			ask(asking, path);
	if (file)
		fclose(file);
}

/* All of SIZE bytes, each portion within MS; -1: the end, or nothing comes. */
static int receive(int fd, void *data, size_t size, int ms)
{
	while (size) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (poll(&wait, 1, ms) == 0)
			return -1;
		got = recv(fd, data, size, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return -1;
		data = (char *)data + got;
		size -= (size_t)got;
	}
	return 0;
}

static int receive_head(int fd, struct control_head *head, int ms)
{
	if (receive(fd, head, sizeof *head, ms) < 0 || head->magic != CONTROL_MAGIC || head->version != CONTROL_VERSION ||
		head->size > BODY_MAX)
		return -1;
	return 0;
}

/* In portions: a claim of many bytes is believed as they come. */
static int receive_body(int fd, uint64_t size, struct buffer *body)
{
	static char portion[1 << 16];

	while (size) {
		size_t some = size < sizeof portion ? (size_t)size : sizeof portion;

		if (receive(fd, portion, some, WORK_MS) < 0)
			return -1;
		buffer_bytes(body, portion, some);
		size -= some;
	}
	return 0;
}

static int failed(const struct buffer *body, struct error *err)
{
	struct cursor cursor = cursor_over(body->data, body->size);
	int status = (int)cursor_u32(&cursor);
	size_t size = 0, hint_size = 0;
	const char *text = cursor_string(&cursor, &size), *hint = cursor_string(&cursor, &hint_size);

	if (!cursor_ok(&cursor))
		return error_status(err, EXIT_MEMTRACE_FAILED, "the collector's answer cannot be read");
	error_status(err, status, "%.*s", (int)size, text);
	return hint_size ? error_hint(err, "%.*s", (int)hint_size, hint) : -1;
}

/* 1: it is this one's, and *ERR or the body say how it went; 0: it is not. */
static int hear(struct asking *asking, const struct asked *asked, int *result, struct error *err)
{
	struct control_head head;

	if (receive_head(asked->fd, &head, ANSWER_MS) < 0 || head.answer == CONTROL_NOT_MINE)
		return 0;
	*asking->collector = head.collector;
	if ((head.answer == CONTROL_WORKING && receive_head(asked->fd, &head, WORK_MS) < 0) ||
		receive_body(asked->fd, head.size, asking->body) < 0)
		*result = error_status(err, EXIT_MEMTRACE_FAILED, "memtrace (pid %" PRId32 ") did not answer to the end",
			*asking->collector);
	else
		*result = head.answer == CONTROL_DONE ? 0 : failed(asking->body, err);
	return 1;
}

static bool is_silent(const struct asking *asking, pid_t pid)
{
	for (size_t i = 0; i < asking->asked.count; i++)
		if (asking->asked.items[i].peer.pid == pid)
			return true;
	for (size_t i = 0; i < asking->full.count; i++)
		if (asking->full.items[i] == pid)
			return true;
	return false;
}

/* Of those who do not answer the one that has started the process, else any. */
static pid_t find_silent(const struct asking *asking)
{
	pid_t pid = asking->request->pid;
	struct procfs_process process;

	for (int steps = 0; steps < 64 && pid > 1 && procfs_look(pid, &process); steps++, pid = process.parent)
		if (is_silent(asking, pid))
			return pid;
	return asking->asked.count ? asking->asked.items[0].peer.pid : asking->full.items[0];
}

static int say_silent(const struct asking *asking, struct error *err)
{
	pid_t pid = find_silent(asking);
	struct procfs_process collector;

	error_status(err, EXIT_MEMTRACE_FAILED, "memtrace (pid %d), which may be watching process %" PRId32 ", does not answer",
		pid, asking->request->pid);
	if (procfs_look(pid, &collector) && (collector.state == 'T' || collector.state == 't'))
		return error_hint(err, "it is stopped; this lets it go on: kill -CONT %d", pid);
	return error_hint(err, "it is busy or starved; try again");
}

static int say_nobody(const struct asking *asking, struct error *err)
{
	const struct procfs_process *process = &asking->process;
	int32_t pid = asking->request->pid;
	struct procfs_process now;

	/* It may have ended since it was seen, and for that nobody answers. */
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return error_set(err, "there is no process %" PRId32, pid);
	if (procfs_look(pid, &now) && (now.state == 'Z' || now.state == 'X'))
		return error_set(err, "process %" PRId32 " (%s) has ended", pid, now.name);
	if (asking->seen && process->uid != geteuid() && geteuid() != 0) {
		error_set(err, "process %" PRId32 " (%s) belongs to another user", pid, process->name);
		return error_hint(err, "only that user and root may ask about it");
	}
	error_set(err, "process %" PRId32 " (%s) is not traced", pid, asking->seen ? process->name : "unknown");
	return error_hint(err, "start it under memtrace: memtrace run PROGRAM; or memtrace attach %" PRId32, pid);
}

/* Nobody can be watching it, whoever does not answer. A collector's own pid stands for its first process. */
static bool is_nobodys(const struct asking *asking)
{
	if (!asking->seen || is_silent(asking, asking->request->pid))
		return false;
	return (geteuid() != 0 && asking->process.uid != geteuid()) || procfs_has_shim(asking->request->pid) == 0;
}

/* Hears those who answer, in the order in which they do. */
static int hear_all(struct asking *asking, struct error *err)
{
	uint64_t end = now_ms() + ANSWER_MS, now;
	struct pollfd waits[ASKED_MAX];
	int result = -1;

	while (asking->asked.count && (now = now_ms()) < end) {
		for (size_t i = 0; i < asking->asked.count; i++)
			waits[i] = (struct pollfd){.fd = asking->asked.items[i].fd, .events = POLLIN};
		if (poll(waits, asking->asked.count, (int)(end - now)) <= 0)
			continue;
		for (size_t i = asking->asked.count; i-- > 0;) {
			if (!waits[i].revents)
				continue;
			if (hear(asking, &asking->asked.items[i], &result, err))
				return result;
			close(asking->asked.items[i].fd);
			asking->asked.items[i] = asking->asked.items[--asking->asked.count];
		}
	}
	asking->unknown = !asking->asked.count;
	if ((asking->asked.count || asking->full.count) && !is_nobodys(asking))
		return say_silent(asking, err);
	asking->unknown = true;
	return say_nobody(asking, err);
}

/* 1: nobody knows a process that may just have begun. */
static int try(struct asking *asking, struct error *err)
{
	int result;

	asking->asked.count = asking->full.count = 0;
	asking->unknown = false;
	for (int i = 0; i < TIMES_LISTED; i++)
		ask_all(asking);
	result = hear_all(asking, err);
	for (size_t i = 0; i < asking->asked.count; i++)
		close(asking->asked.items[i].fd);
	return asking->unknown && asking->seen && procfs_age_ms(&asking->process) < YOUNG_MS ? 1 : result;
}

int control_ask(const struct control_request *request, struct buffer *body, int32_t *collector, struct error *err)
{
	struct control_request full = *request;
	struct asking asking = {.request = &full, .body = body, .collector = collector};
	int result;

	full.magic = CONTROL_MAGIC;
	full.version = CONTROL_VERSION;
	asking.seen = procfs_look(request->pid, &asking.process);
	full.start = asking.seen ? asking.process.start : 0;
	if (!asking.seen && kill(request->pid, 0) < 0 && errno == ESRCH)
		return say_nobody(&asking, err);
	while ((result = try(&asking, err)) > 0)
		usleep(YOUNG_STEP_US);
	ARRAY_FREE(&asking.asked);
	ARRAY_FREE(&asking.full);
	return result;
}
