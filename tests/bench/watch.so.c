/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a tracer (memtrace, or the shell that heaptrack is) and into nothing that it
 * starts: tells tests/bench/measure.c through a pipe whom it forks, what the kernel says of each of
 * them when it is waited for, and at its own end what it took itself.
 *
 *   fork PID
 *   end PID CPU_NS RSS_KIB STATUS TRACER_CPU_NS COMM
 *   self CPU_NS RSS_KIB RING_BYTES
 *
 * A process's name is read while it is a zombie, between a wait that leaves it and the one that
 * takes it. Ring bytes are the positions of memtrace's rings (wire.h), taken when it gives a ring's
 * memory back (punches a hole) and, for those that it never does, at its end: all that was ever
 * written.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memtrace/wire.h"

enum { DESCRIPTORS = 1024 };

static int told = -1;
static pid_t self;
static const uint8_t *pool;
static int pool_fd = -1;
static uint64_t ring_words;

static pid_t (*real_fork)(void);
static pid_t (*real_wait4)(pid_t, int *, int, struct rusage *);
static int (*real_fallocate)(int, int, off_t, off_t);

/* Before the tracer's main: what it starts must inherit neither us nor the pipe. */
__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("BENCH_WATCH");

	*(void **)&real_fork = dlsym(RTLD_NEXT, "fork");
	*(void **)&real_wait4 = dlsym(RTLD_NEXT, "wait4");
	*(void **)&real_fallocate = dlsym(RTLD_NEXT, "fallocate");
	if (!number)
		return;
	told = atoi(number);
	fcntl(told, F_SETFD, FD_CLOEXEC);
	unsetenv("BENCH_WATCH");
	unsetenv("LD_PRELOAD");
	self = getpid();
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	char line[256];
	va_list arguments;
	int size, saved = errno;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (told >= 0 && getpid() == self && write(told, line, (size_t)size) < 0)
		told = -1;
	errno = saved;
}

static long cpu_ns(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

static long own_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return cpu_ns(&usage);
}

static void find_pool(void)
{
	char path[32], name[32];

	for (int fd = 0; fd < DESCRIPTORS && !pool; fd++) {
		void *mapped;

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		memset(name, 0, sizeof name);
		if (readlink(path, name, sizeof name - 1) < 0 ||
			strncmp(name, "/memfd:memtrace", 15) != 0)
			continue;
		mapped = mmap(NULL, WIRE_RINGS_AT, PROT_READ, MAP_SHARED, fd, 0);
		if (mapped == MAP_FAILED)
			return;
		pool = mapped;
		pool_fd = fd;
	}
}

static uint64_t slot_words(uint64_t slot)
{
	const struct wire_slot *slots = (const void *)(pool + WIRE_SLOTS_AT);

	return slots[slot].state == WIRE_SLOT_FREE ? 0 : slots[slot].head;
}

__attribute__((visibility("default"))) pid_t fork(void)
{
	pid_t pid;

	if (told >= 0 && getpid() == self)
		find_pool();
	pid = real_fork();
	if (pid > 0)
		tell("fork %d\n", pid);
	return pid;
}

__attribute__((visibility("default"))) int fallocate(int fd, int mode, off_t offset, off_t size)
{
	uint64_t at = (uint64_t)offset;

	if (pool && fd == pool_fd && mode & FALLOC_FL_PUNCH_HOLE && at >= WIRE_RINGS_AT &&
		at < WIRE_POOL_SIZE)
		ring_words += slot_words((at - WIRE_RINGS_AT) / WIRE_RING_MAX);
	return real_fallocate(fd, mode, offset, size);
}

static void read_comm(pid_t pid, char comm[32])
{
	char path[32];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC); /* no stdio: a shell waits in signal handlers, too */
	got = fd < 0 ? 0 : read(fd, comm, 31);
	comm[got > 0 ? got : 0] = 0;
	comm[strcspn(comm, "\n")] = 0;
	close(fd);
}

__attribute__((visibility("default"))) pid_t wait4(
	pid_t pid, int *status, int options, struct rusage *usage)
{
	int got = 0;
	struct rusage taken;
	siginfo_t info = {0};
	char comm[32];

	if (told < 0 || getpid() != self || options & ~WNOHANG || pid < -1 || pid == 0)
		return real_wait4(pid, status, options, usage);
	if (waitid(pid > 0 ? P_PID : P_ALL, (id_t)pid, &info, WEXITED | WNOWAIT | options) < 0)
		return -1;
	if (!info.si_pid)
		return 0;
	read_comm(info.si_pid, comm);
	pid = real_wait4(info.si_pid, &got, options, &taken);
	if (pid > 0)
		tell("end %d %ld %ld %d %ld %s\n", pid, cpu_ns(&taken), taken.ru_maxrss,
			WIFSIGNALED(got) ? 128 + WTERMSIG(got) : WEXITSTATUS(got), own_cpu_ns(),
			comm);
	if (status)
		*status = got;
	if (usage)
		*usage = taken;
	return pid;
}

__attribute__((visibility("default"))) pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

static long peak_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long peak = 0;

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			break;
	if (file)
		fclose(file);
	return peak;
}

__attribute__((destructor)) static void end(void)
{
	if (told < 0 || getpid() != self)
		return;
	for (uint64_t slot = 0; pool && slot < WIRE_SLOTS; slot++)
		ring_words += slot_words(slot);
	tell("self %ld %ld %lu\n", own_cpu_ns(), peak_kib(), ring_words * 8);
}
