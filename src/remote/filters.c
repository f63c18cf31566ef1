/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See filters.h. A call that is no more than refused does no harm where we can do without it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include "memtrace/verdict.h"
#include "remote/filters.h"
#include "remote/status.h"

enum { STOP_MS = 500, INSTRUCTIONS_MAX = 4096 /* BPF_MAXINSNS */, FILTERS_MAX = 1024 };
enum need { NEEDED, OPTIONAL };

#define GET_FILTER 0x420c /* PTRACE_SECCOMP_GET_FILTER */
#define ANY VERDICT_ANY
#define CALL(name, need, ...) { #name, need, { SYS_##name, false, { __VA_ARGS__ } } }
#define SHIM_CALL(name, child, ...) CALL(name, NEEDED, __VA_ARGS__),

/* What dlopen does, and the shim while it joins (see shim/join.c, life.c) and later. */
static const struct row {
	const char *name;
	enum need need;
	struct verdict_call call;
} rows[] = {
	CALL(rt_sigreturn, NEEDED, 0),
	CALL(openat, NEEDED, (uint32_t)AT_FDCWD, ANY, O_RDONLY | O_CLOEXEC),
	CALL(read, NEEDED, 3, ANY, ANY),
	CALL(close, NEEDED, 3),
	CALL(mmap, NEEDED, 0, ANY, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, 3, 0),
	CALL(mmap, NEEDED, ANY, ANY, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE, 3, ANY),
	CALL(mmap, NEEDED, ANY, ANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE, 3, ANY),
	CALL(mmap, NEEDED, ANY, ANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0),
	CALL(mmap, NEEDED, 0, ANY, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0),
	CALL(mprotect, NEEDED, ANY, ANY, PROT_READ),
	CALL(mprotect, NEEDED, ANY, ANY, PROT_READ | PROT_WRITE),
	CALL(memfd_create, OPTIONAL, ANY, 1),
	CALL(newfstatat, OPTIONAL, 3, ANY, ANY, AT_EMPTY_PATH),
	CALL(fstat, OPTIONAL, 3, ANY),
	CALL(stat, OPTIONAL, ANY, ANY),
	CALL(lseek, OPTIONAL, 3, 0, 0),
	CALL(pread64, OPTIONAL, 3, ANY, ANY, 64),
	CALL(brk, OPTIONAL, ANY),
	CALL(getrandom, OPTIONAL, ANY, 8, 1),
	CALL(futex, OPTIONAL, ANY, FUTEX_WAIT, 1),
	CALL(futex, OPTIONAL, ANY, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1),
	CALL(futex, OPTIONAL, ANY, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1),
	CALL(madvise, OPTIONAL, ANY, ANY, MADV_DONTNEED),
	CALL(clock_gettime, OPTIONAL, CLOCK_MONOTONIC, ANY),
	CALL(sched_yield, OPTIONAL, 0),
	CALL(getcwd, OPTIONAL, ANY, ANY),
	CALL(readlinkat, OPTIONAL, (uint32_t)AT_FDCWD, ANY, ANY, ANY),
	CALL(openat, OPTIONAL, (uint32_t)AT_FDCWD, ANY, O_RDWR | O_CLOEXEC),
	CALL(prctl, OPTIONAL, PR_GET_NAME, ANY),
	CALL(fcntl, OPTIONAL, 3, F_GETFD),
	CALL(fcntl, OPTIONAL, 3, F_DUPFD_CLOEXEC, 3),
	CALL(prlimit64, OPTIONAL, 0, 7, 0, ANY),
	CALL(socket, OPTIONAL, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL(socketpair, OPTIONAL, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ANY),
	CALL(connect, OPTIONAL, 3, ANY, ANY),
	CALL(poll, OPTIONAL, ANY, 1, ANY),
	CALL(recvmsg, OPTIONAL, 3, ANY, MSG_CMSG_CLOEXEC),
	VERDICT_SHIM_CALLS(SHIM_CALL)
};

struct filter {
	struct sock_filter items[INSTRUCTIONS_MAX];
	uint64_t n;
};

/* True: none of the process's life, and, where it is NEEDED, done. */
static bool allows(const struct filter *filter, const struct verdict_call *call, bool needed)
{
	struct seccomp_data data = { .nr = call->number, .arch = AUDIT_ARCH_X86_64 };
	uint32_t action;

	memcpy(data.args, call->args, sizeof data.args);
	action = verdict_of(filter->items, filter->n, &data);
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || (!needed && action == SECCOMP_RET_ERRNO);
}

static int judge_filter(pid_t pid, const struct filter *filter, struct error *err)
{
	const char *name = NULL;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !name; i++)
		if (!allows(filter, &rows[i].call, rows[i].need == NEEDED))
			name = rows[i].name;
	if (!name)
		return 0;
	error_status(err, EXIT_MEMTRACE_FAILED,
		"cannot attach to process %d: it has locked itself in by seccomp, and its filter does not allow %s, which memtrace needs there",
		(int)pid, name);
	return error_hint(err, "start it under memtrace run");
}

static int refuse_unknown(pid_t pid, int failure, struct error *err)
{
	error_status(err, EXIT_MEMTRACE_FAILED,
		"cannot attach to process %d: it has locked itself in by seccomp, might be killed for what loading a library takes, and its filter "
		"cannot be read: %s",
		(int)pid, strerror(failure));
	return error_hint(err, failure == EACCES ? "as root, outside of a container, it can be: sudo memtrace attach %d"
						 : "start it under memtrace run",
		(int)pid);
}

static int judge_thread(pid_t pid, const struct process_thread *thread, struct error *err)
{
	static struct filter filter;

	for (long i = 0; i < FILTERS_MAX; i++) {
		long n = ptrace(GET_FILTER, thread->tid, i, NULL);

		if (n < 0 && errno == ENOENT)
			return 0;
		if (n > INSTRUCTIONS_MAX)
			return refuse_unknown(pid, E2BIG, err);
		if (n < 0 || ptrace(GET_FILTER, thread->tid, i, filter.items) != n)
			return refuse_unknown(pid, errno, err);
		filter.n = (uint64_t)n;
		if (judge_filter(pid, &filter, err) < 0)
			return -1;
	}
	return refuse_unknown(pid, E2BIG, err);
}

int filters_judge(struct process *process, struct error *err)
{
	int watched = 0;

	for (size_t i = 0; i < process->threads.count; i++) {
		struct process_thread *thread = &process->threads.items[i];
		int result;

		if (!status_seccomp(process->pid, thread->tid))
			continue;
		watched = 1;
		if (!thread_stop(thread, STOP_MS)) {
			if (thread->state == THREAD_GONE)
				continue;
			return error_status(err, EXIT_MEMTRACE_FAILED,
				"cannot attach to process %d: a thread of it that seccomp watches does not stop", (int)process->pid);
		}
		result = judge_thread(process->pid, thread, err);
		thread_go(thread, THREAD_FREELY);
		if (result < 0)
			return -1;
	}
	return watched;
}
