/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See status.h. The fields are proc(5)'s. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "remote/status.h"

enum { SECCOMP_STRICT = 1, NO_TRACING = 3 /* of kernel.yama.ptrace_scope */ };

static bool read_file(const char *name, char *text, size_t size)
{
	FILE *file = fopen(name, "re");
	size_t got;

	if (!file)
		return false;
	got = fread(text, 1, size - 1, file);
	text[got] = '\0';
	fclose(file);
	return got > 0;
}

static bool read_status(pid_t pid, char *text, size_t size)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
	return read_file(name, text, size);
}

/* What follows "\nNAME:\t", or NULL. */
static const char *field(const char *text, const char *name)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof key, "\n%s:", name);
	at = strstr(text, key);
	if (!at)
		return NULL;
	at += strlen(key);
	return at + strspn(at, " \t");
}

static long number(const char *text, const char *name)
{
	const char *at = field(text, name);

	return at ? strtol(at, NULL, 10) : 0;
}

static void read_name(pid_t pid, char name[64])
{
	char text[4096];
	const char *at = "?";

	if (read_status(pid, text, sizeof text) && strncmp(text, "Name:\t", 6) == 0)
		at = text + 6;
	snprintf(name, 64, "%.*s", (int)strcspn(at, "\n"), at);
}

static int refuse_traced(pid_t pid, pid_t tracer, struct error *err)
{
	char name[64];

	read_name(tracer, name);
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: it is traced already, by %s (pid %d)", (int)pid, name,
		(int)tracer);
	return error_hint(err, "end that first: a process can have one tracer");
}

static int refuse_locked(pid_t pid, struct error *err)
{
	error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: it has locked itself in by seccomp, and would be killed for "
		"what loading a library takes", (int)pid);
	return error_hint(err, "start it under memtrace run");
}

int status_check(pid_t pid, struct error *err)
{
	char text[4096];
	const char *state;
	long group, tracer;

	if (pid == getpid())
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: that is memtrace itself", (int)pid);
	if (!read_status(pid, text, sizeof text))
		return error_status(err, EXIT_MEMTRACE_FAILED, "there is no process %d", (int)pid);
	state = field(text, "State");
	group = number(text, "Tgid");
	tracer = number(text, "TracerPid");
	if (group && group != pid) {
		error_status(err, EXIT_MEMTRACE_FAILED, "%d is a thread, of process %ld", (int)pid, group);
		return error_hint(err, "memtrace attach %ld", group);
	}
	/* With that goes what /proc tells of it by its number: mappings, memory, files. */
	if (state && *state == 'Z' && number(text, "Threads") > 1)
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: its first thread has ended, and only others live",
			(int)pid);
	if (state && (*state == 'Z' || *state == 'X'))
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended, its parent has not asked for its status yet",
			(int)pid);
	if (!field(text, "VmSize"))
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: it is the kernel's own", (int)pid);
	if (tracer)
		return refuse_traced(pid, (pid_t)tracer, err);
	if (state && *state == 'T') {
		error_status(err, EXIT_MEMTRACE_FAILED, "cannot attach to process %d: it is stopped", (int)pid);
		return error_hint(err, "let it run first: kill -CONT %d", (int)pid);
	}
	if (number(text, "Seccomp") == SECCOMP_STRICT)
		return refuse_locked(pid, err);
	return 0;
}

int status_seccomp(pid_t pid, pid_t tid)
{
	char name[64], text[4096];

	snprintf(name, sizeof name, "/proc/%d/task/%d/status", (int)pid, (int)tid);
	return read_file(name, text, sizeof text) ? (int)number(text, "Seccomp") : 0;
}

int status_ptrace_scope(void)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &scope) != 1)
		scope = 0;
	fclose(file);
	return scope;
}

const char *status_scope_text(int scope)
{
	if (scope == 1)
		return "root may trace, others only what they have started: sudo, or sysctl kernel.yama.ptrace_scope=0";
	if (scope == 2)
		return "only root may trace: sudo, or sysctl kernel.yama.ptrace_scope=0";
	return "nobody may trace, not even root, until the machine is started again without it";
}

int status_explain(pid_t pid, struct error *err)
{
	char text[4096];
	int scope = status_ptrace_scope();

	if (!read_status(pid, text, sizeof text))
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended", (int)pid);
	if (number(text, "TracerPid"))
		return refuse_traced(pid, (pid_t)number(text, "TracerPid"), err);
	if (scope == NO_TRACING)
		return error_hint(err, "kernel.yama.ptrace_scope is %d: %s", scope, status_scope_text(scope));
	if (geteuid() == 0)
		return error_hint(err, "this environment (a container without CAP_SYS_PTRACE?) allows no tracing");
	if (number(text, "Uid") != (long)geteuid())
		return error_hint(err, "it is another user's: sudo memtrace attach %d", (int)pid);
	if (scope > 0)
		return error_hint(err, "kernel.yama.ptrace_scope is %d: %s", scope, status_scope_text(scope));
	return error_hint(err, "it may have changed its user, or be not dumpable: sudo memtrace attach %d", (int)pid);
}

uint64_t status_anonymous(pid_t pid)
{
	char text[4096];

	return read_status(pid, text, sizeof text) ? (uint64_t)number(text, "RssAnon") * 1024 : 0;
}
