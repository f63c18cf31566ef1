/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See descriptors.h. A descriptor is believed only by its inode, the pool also by its key: the
 * number may by now be anybody's. */
#include <sys/socket.h>
#include <sys/un.h>
#include "shim/channel.h"
#include "shim/descriptors.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { SOCKET_WAIT_MS = 2000, HIGHEST_KEPT = 1000, HIGHEST_BEYOND = 4096, TRIES = 64 };

static struct channel_address known;
static int pipe_fd = -1;
static bool pipe_inherited;

static bool is_pool(int fd)
{
	struct stat status;

	return fd >= 0 && sys_stat(fd, &status) && S_ISREG(status.st_mode) &&
	       status.st_ino == known.pool_inode && (uint64_t)status.st_size == WIRE_POOL_SIZE;
}

static bool is_pipe(int fd)
{
	struct stat status;

	return fd >= 0 && sys_stat(fd, &status) && S_ISFIFO(status.st_mode) &&
	       status.st_ino == known.pipe_inode;
}

/* /proc/PID/fd/FD of the collector, opened; -1. */
static int open_theirs(uint64_t fd, int flags)
{
	int pid = channel.pool ? channel.pool->collector_pid : (int)known.pid;
	char path[48], digits[20];
	const char *pieces[] = {"/proc/", NULL, "/fd/", NULL};
	uint64_t numbers[] = {0, (uint64_t)pid, 0, fd};
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t n = 0;

		for (const char *from = pieces[i]; from && *from; from++)
			path[at++] = *from;
		if (!pieces[i])
			do
				digits[n++] = (char)('0' + numbers[i] % 10);
			while (numbers[i] /= 10);
		while (n > 0)
			path[at++] = digits[--n];
	}
	path[at] = '\0';
	return sys_open(path, flags | O_CLOEXEC);
}

/* Takes both descriptors from a message of the collector's. */
static bool receive(int socket, int fds[2])
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes};
	struct pollfd wait = {.fd = socket, .events = POLLIN};

	if (SYS_CALL(SYS_poll, (long)&wait, 1, SOCKET_WAIT_MS) != 1 ||
		sys_failed(SYS_CALL(SYS_recvmsg, socket, (long)&message, MSG_CMSG_CLOEXEC)))
		return false;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return false;
	fds[0] = ((int *)(void *)CMSG_DATA(head))[0];
	fds[1] = ((int *)(void *)CMSG_DATA(head))[1];
	return true;
}

/* Asks at the abstract socket "memtrace." KEY. */
static bool ask(int fds[2])
{
	static const char name[] = "memtrace.";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t at = 1;
	bool got = false;
	int fd = (int)SYS_CALL(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (const char *from = name; *from; from++)
		address.sun_path[at++] = *from;
	for (int shift = 60; shift >= 0; shift -= 4)
		address.sun_path[at++] = "0123456789abcdef"[known.key >> shift & 15];
	if (fd < 0)
		return false;
	if (SYS_CALL(SYS_connect, fd, (long)&address,
		    (long)(offsetof(struct sockaddr_un, sun_path) + at)) == 0)
		got = receive(fd, fds);
	sys_close(fd);
	return got;
}

/* Has whoever made us join send them: the collector listens to nobody meanwhile, and may be in another network. */
static bool be_given(int fds[2])
{
	int pair[2];
	bool got;

	if (sys_failed(SYS_CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, (long)pair)))
		return false;
	atomic_store(channel.door, (uint32_t)pair[1] + 1);
	got = receive(pair[0], fds);
	atomic_store(channel.door, 0);
	sys_close(pair[0]);
	sys_close(pair[1]);
	return got;
}

/* The pool's descriptor by the ways that lead out of this process, or -1. */
static int fetch_pool(void)
{
	int fds[2], fd = open_theirs(known.pool_fd, O_RDWR);

	if (is_pool(fd))
		return fd;
	if (fd >= 0)
		sys_close(fd);
	if (channel.door ? !be_given(fds) : !ask(fds))
		return -1;
	if (channel.door && is_pipe(fds[1])) {
		pipe_fd = fds[1];
		pipe_inherited = true;
	} else {
		sys_close(fds[1]);
	}
	if (is_pool(fds[0]))
		return fds[0];
	sys_close(fds[0]);
	return -1;
}

static int fetch_pipe(void)
{
	int fds[2], fd = open_theirs(known.pipe_fd, O_WRONLY | O_NONBLOCK);

	if (is_pipe(fd))
		return fd;
	if (fd >= 0)
		sys_close(fd);
	if (channel.door || !ask(fds))
		return -1;
	sys_close(fds[0]);
	if (is_pipe(fds[1]))
		return fds[1];
	sys_close(fds[1]);
	return -1;
}

static char *map_head(int fd)
{
	struct wire_pool *pool = sys_mmap(WIRE_RINGS_AT, MAP_SHARED, fd, 0);

	if (pool && pool->magic == WIRE_MAGIC && pool->version == WIRE_VERSION &&
		pool->key == known.key)
		return (char *)pool;
	if (pool)
		sys_munmap(pool, WIRE_RINGS_AT);
	return NULL;
}

char *descriptors_find(const struct channel_address *address, bool *inherited)
{
	int fd = (int)address->pool_fd;
	char *head = NULL;

	known = *address;
	*inherited = is_pool(fd) && (head = map_head(fd));
	if (!head) {
		fd = fetch_pool();
		if (fd < 0)
			return NULL;
		head = map_head(fd);
	}
	sys_close(fd);
	if (*inherited && is_pipe((int)address->pipe_fd)) {
		pipe_fd = (int)address->pipe_fd;
		pipe_inherited = true;
		SYS_CALL(SYS_fcntl, pipe_fd, F_SETFL, O_WRONLY | O_NONBLOCK);
	}
	return head;
}

void *descriptors_map(uint64_t offset, size_t size)
{
	int fd = fetch_pool();
	void *at;

	if (fd < 0)
		return NULL;
	at = sys_mmap(size, MAP_SHARED, fd, offset);
	sys_close(fd);
	return at;
}

struct limit {
	uint64_t soft, hard;
};

static bool exchange_limit(const struct limit *new, struct limit *old)
{
	return SYS_CALL(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, (long)new, (long)old) == 0;
}

/* Where the program cannot miss it: beyond its limit, which is raised for the moment, while nothing
 * of the program runs. -1: it must not be. */
static int move_beyond(int fd, const struct limit *limit)
{
	const struct limit higher = {limit->soft + TRIES, limit->hard};
	long at = -1;

	if (!channel.starting || limit->soft > HIGHEST_BEYOND || higher.soft > limit->hard ||
		!exchange_limit(&higher, NULL))
		return -1;
	at = SYS_CALL(SYS_fcntl, fd, F_DUPFD_CLOEXEC, (long)limit->soft);
	exchange_limit(limit, NULL);
	return sys_failed(at) ? -1 : (int)at;
}

static int move_high(int fd)
{
	struct limit limit = {256, 256};
	long at, high;

	exchange_limit(NULL, &limit);
	high = move_beyond(fd, &limit);
	if (high >= 0)
		return (int)high;
	at = limit.soft < HIGHEST_KEPT ? (long)limit.soft : HIGHEST_KEPT;
	for (int i = 0; i < TRIES && --at > 2; i++) {
		/* F_DUPFD takes the next free one from there up, which must not be below the
		 * limit's end by accident. */
		high = SYS_CALL(SYS_fcntl, fd, F_DUPFD_CLOEXEC, at);
		if (!sys_failed(high))
			return (int)high;
	}
	return -1;
}

/* Where the program does not take it for one of its own; at best where it cannot miss it. */
static int keep_high(int fd)
{
	int high = fd >= 0 ? move_high(fd) : -1;

	if (fd >= 0)
		sys_close(fd);
	return high;
}

int descriptors_pipe(void)
{
	if (pipe_fd >= 0 && !pipe_inherited && !is_pipe(pipe_fd))
		pipe_fd = -1;
	if (pipe_fd < 0)
		pipe_fd = channel.starting ? fetch_pipe() : keep_high(fetch_pipe());
	return pipe_fd;
}

void descriptors_close(bool keep)
{
	int fd = keep ? descriptors_pipe() : pipe_fd;

	if (keep)
		fd = keep_high(fd);
	else if (fd >= 0)
		sys_close(fd);
	pipe_fd = keep ? fd : -1;
	pipe_inherited = false;
}
