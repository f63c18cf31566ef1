/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper process: fork, a pair of sockets, messages of a 32-bit length and that many bytes;
 * length 0 is a sign of life.
 *
 * Parent and child agree that only one of them speaks: the parent asks, then reads until the last
 * part of the answer (what that is, namer.c knows). So neither can fill the other's buffer while it
 * waits itself. The parent never waits without a time limit, not even to send.
 *
 * The child: forked from a process that may have threads, so it takes nothing but malloc (which
 * glibc makes safe in the child) and system calls; it leaves by _exit. Its memory is limited beyond
 * what it inherited, since that counts too. A timer looks whether the parent lives, so that a hang
 * does not outlive the run.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/memory.h"
#include "symbol/helper.h"
#include "symbol/killed.h"

#define LOOK_SECONDS 5 /* between looks whether the parent lives */
#define SPENT_BYTES (64u << 20)
#define STARVED_WAITS 5 /* for a helper that hardly gets the processor */
#define REAP_TRIES 100	/* of 10 ms, for a child that has hung up to end by itself */

/* ---- the child ---- */

static pid_t child_parent;

static void look_for_parent(int signal)
{
	(void)signal;
	if (getppid() != child_parent)
		_exit(0);
}

static void leave(void)
{
	_exit(EXIT_MEMTRACE_FAILED);
}

static void child_signals(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
	struct itimerval timer = {{LOOK_SECONDS, 0}, {LOOK_SECONDS, 0}};
	struct sigaction look = {.sa_handler = look_for_parent, .sa_flags = SA_RESTART};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGALRM, &look, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void close_all(unsigned int first, unsigned int last)
{
	if (first > last || !close_range(first, last, 0))
		return;
	for (unsigned int fd = first; fd <= last && fd < 1024; fd++)
		close((int)fd);
}

/* The socket, the only one that stays open beside 0 to 2. It keeps its number, which was free when it
 * was made: the number of a descriptor that is closed here would still be known as its own to whoever
 * had opened it. A preloaded allocator with libunwind reads from a pipe of its own, as it believes. */
static int child_files(int socket)
{
	int null;

	if (socket < 3)
		socket = fcntl(socket, F_DUPFD, 3);
	if (socket < 0)
		_exit(EXIT_MEMTRACE_FAILED);
	close_all(3, (unsigned int)socket - 1);
	close_all((unsigned int)socket + 1, ~0u);
	/* Not before: there may have been no room for one more. */
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	if (null >= 3)
		close(null);
	return socket;
}

/* Bytes of address space in use: proc(5), /proc/pid/statm. */
static uint64_t mapped_bytes(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	return size > 0 ? strtoull(text, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t child_mapped; /* in the beginning */

bool helper_is_spent(void)
{
	return mapped_bytes() > child_mapped + SPENT_BYTES;
}

static void child_limits(uint64_t memory)
{
	struct rlimit limit;

	child_mapped = mapped_bytes();
	if (child_mapped && !getrlimit(RLIMIT_AS, &limit)) {
		uint64_t most = child_mapped + memory;

		limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
		setrlimit(RLIMIT_AS, &limit);
	}
	/* No core files, also where a program collects them. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "memtrace-names");
	/* base/memory.c ends the process by exit(): the parent's handlers must not run here. */
	memory_last(NULL);
	atexit(leave);
}

static bool read_all(int socket, void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(socket, (char *)data + done, size - done);

		if (n <= 0 && (n == 0 || errno != EINTR))
			return false;
		if (n > 0)
			done += n;
	}
	return true;
}

void *helper_receive(int socket, size_t *size)
{
	uint32_t length;
	char *data;

	if (!read_all(socket, &length, sizeof length) || length > HELPER_MESSAGE_MAX)
		_exit(0);
	data = xmalloc(length + 1);
	if (!read_all(socket, data, length))
		_exit(0);
	*size = length;
	return data;
}

static void child_write(int socket, const void *data, size_t size)
{
	while (size) {
		ssize_t n = send(socket, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			_exit(0);
		if (n > 0) {
			data = (const char *)data + n;
			size -= n;
		}
	}
}

void helper_send(int socket, const void *data, size_t size)
{
	uint32_t length = size;

	child_write(socket, &length, sizeof length);
	child_write(socket, data, size);
}

void helper_progress(void *data)
{
	static time_t last;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec != last) {
		last = now.tv_sec;
		helper_send(*(int *)data, NULL, 0);
	}
}

/* ---- the parent ---- */

/* Ends one that goes on where it should not. */
static void end_now(struct helper *helper)
{
	kill(helper->pid, SIGKILL);
	while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(helper->socket);
	helper->pid = 0;
}

int helper_start(struct helper *helper, const struct helper_limits *limits,
	void (*serve)(int socket, void *argument), void *argument, struct error *err)
{
	int sockets[2];
	pid_t parent = getpid();

	helper->pid = 0;
	killed_reap();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return error_set(err, "no socket for a reader: %s", strerror(errno));
	helper->pid = fork();
	if (helper->pid < 0 && errno == EAGAIN) {
		/* Those that are dying count, too. */
		killed_wait();
		helper->pid = fork();
	}
	if (helper->pid == 0) {
		int socket = child_files(sockets[1]);

		child_parent = parent;
		child_signals();
		child_limits(limits->memory);
		serve(socket, argument);
		_exit(0);
	}
	close(sockets[1]);
	if (helper->pid < 0) {
		error_set(err, "no process for a reader: %s", strerror(errno));
		close(sockets[0]);
		helper->pid = 0;
		return -1;
	}
	helper->socket = sockets[0];
	helper->patience_ms = limits->patience_ms;
	helper->outside = false;
	return 0;
}

/* Waits for the end of it; the status, or -1 when somebody else has taken that. Who does not end is
 * killed. */
static int reap(struct helper *helper)
{
	const struct timespec pause = {0, 10000000};
	int status = -1;
	pid_t pid;

	for (int tries = 0;; tries++) {
		pid = waitpid(helper->pid, &status, WNOHANG);
		if (pid > 0 || (pid < 0 && errno != EINTR))
			break;
		if (tries == REAP_TRIES)
			kill(helper->pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	close(helper->socket);
	helper->pid = 0;
	return pid < 0 ? -1 : status;
}

void helper_stop(struct helper *helper)
{
	if (!helper->pid)
		return;
	killed_reap();
	kill(helper->pid, SIGKILL);
	if (!killed_add(helper->pid)) {
		end_now(helper);
		return;
	}
	close(helper->socket);
	helper->pid = 0;
}

/* Signals that a process earns by what it does; of any other one somebody else has decided. SIGBUS
 * comes of a file that became shorter while it was read. */
static bool is_own_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGABRT || signal == SIGILL ||
	       signal == SIGFPE || signal == SIGTRAP || signal == SIGSYS || signal == SIGXCPU;
}

/* It has closed its end, so it is dead or about to be. */
static void tell_death(struct helper *helper, struct error *err)
{
	int status = reap(helper);

	helper->outside = status == -1 || status == 0 ||
			  (WIFSIGNALED(status) && !is_own_fault(WTERMSIG(status)));

	if (status == -1)
		error_set(err, "the reader died");
	else if (WIFSIGNALED(status))
		error_set(err, "the reader died of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == EXIT_MEMTRACE_FAILED)
		error_status(err, EXIT_MEMTRACE_FAILED, "the reader ran out of memory");
	else
		error_set(err, "the reader ended with status %d", WEXITSTATUS(status));
}

/* Milliseconds of the processor that PID has had; 0: nobody knows. */
static int64_t used_ms(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Waits until the socket is ready for EVENTS, or fails. A stop (^Z) and signals begin the wait
 * anew. */
static int wait_ready(struct helper *helper, short events, struct error *err)
{
	struct pollfd poller = {helper->socket, events, 0};
	int64_t used, before = used_ms(helper->pid);
	int n, waits = 0;

	for (;;) {
		n = poll(&poller, 1, helper->patience_ms);
		if (n > 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		used = used_ms(helper->pid);
		if (++waits == STARVED_WAITS || used - before > helper->patience_ms / 10)
			break;
		before = used;
	}
	end_now(helper);
	return error_status(err, EXIT_MEMTRACE_FAILED, "the reader made no progress for %g s",
		waits * helper->patience_ms / 1000.0);
}

static int parent_write(struct helper *helper, const void *data, size_t size, struct error *err)
{
	while (size) {
		ssize_t n;

		if (wait_ready(helper, POLLOUT, err))
			return -1;
		n = send(helper->socket, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			tell_death(helper, err);
			return -1;
		}
		if (n > 0) {
			data = (const char *)data + n;
			size -= n;
		}
	}
	return 0;
}

int helper_ask(struct helper *helper, const void *data, size_t size, struct error *err)
{
	uint32_t length = size;

	if (size > HELPER_MESSAGE_MAX)
		return error_set(err, "too much was asked at once");
	if (parent_write(helper, &length, sizeof length, err))
		return -1;
	return parent_write(helper, data, size, err);
}

static int parent_read(struct helper *helper, void *data, size_t size, struct error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t n;

		if (wait_ready(helper, POLLIN, err))
			return -1;
		n = recv(helper->socket, (char *)data + done, size - done, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
			tell_death(helper, err);
			return -1;
		}
		if (n > 0)
			done += n;
	}
	return 0;
}

void *helper_answer(struct helper *helper, size_t *size, struct error *err)
{
	uint32_t length;
	char *data;

	do
		if (parent_read(helper, &length, sizeof length, err))
			return NULL;
	while (!length);
	if (length > HELPER_MESSAGE_MAX) {
		end_now(helper);
		error_set(err, "the reader talks nonsense");
		return NULL;
	}
	data = xmalloc(length);
	if (!parent_read(helper, data, length, err)) {
		*size = length;
		return data;
	}
	free(data);
	return NULL;
}
