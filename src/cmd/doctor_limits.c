/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the machine and the session can stand in memtrace's way. Only what does, or nearly does, is said.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/units.h"
#include "cmd/doctor.h"
#include "remote/status.h"

enum { DESCRIPTORS = 32, PROCESSES = 8 };
#define ADDRESSES (1ull << 30)
#define ROOM (16ull << 20)

static void add(struct doctor *doctor, char *sentence)
{
	*ARRAY_PUSH(&doctor->obstacles) = sentence;
}

static bool is_below(int resource, rlim_t wanted, rlim_t *value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
		return false;
	*value = limit.rlim_cur;
	return true;
}

static void look_at_resources(struct doctor *doctor)
{
	char size[UNITS_MAX];
	rlim_t value;

	if (is_below(RLIMIT_NOFILE, DESCRIPTORS, &value))
		add(doctor, xasprintf("%lu descriptors (ulimit -n): memtrace needs some %d for itself, with fewer there are no names",
			(unsigned long)value, DESCRIPTORS));
	if (is_below(RLIMIT_AS, ADDRESSES, &value))
		add(doctor, xasprintf("%s of address space (ulimit -v): the program's part of memtrace takes some of it",
			units_size(size, (int64_t)value, false)));
	if (is_below(RLIMIT_FSIZE, ROOM, &value))
		add(doctor, xasprintf("files of at most %s (ulimit -f): a large snapshot is not written",
			units_size(size, (int64_t)value, false)));
	if (getuid() != 0 && is_below(RLIMIT_NPROC, PROCESSES, &value))
		add(doctor, xasprintf("%lu processes (ulimit -u): memtrace takes one beside the program, and some for names",
			(unsigned long)value));
}

static void look_at_folder(struct doctor *doctor)
{
	char size[UNITS_MAX];
	struct statvfs room;

	if (access(".", W_OK) < 0)
		add(doctor, xstrdup("this folder cannot be written in: give run a file elsewhere, -o FILE"));
	else if (statvfs(".", &room) == 0 && (uint64_t)room.f_bavail * room.f_frsize < ROOM)
		add(doctor, xasprintf("%s are left on the disk of this folder",
			units_size(size, (int64_t)(room.f_bavail * room.f_frsize), false)));
}

static void look_at_kernel(struct doctor *doctor)
{
	int scope = status_ptrace_scope();

	if (scope > 2 || (scope > 0 && geteuid() != 0))
		add(doctor, xasprintf("kernel.yama.ptrace_scope is %d, which attach and leaks feel: %s", scope, status_scope_text(scope)));
	if (access("/proc/self/maps", R_OK) < 0)
		add(doctor, xstrdup("/proc is not mounted: threads and processes keep no names, descendants are found later"));
}

void doctor_look_at_limits(struct doctor *doctor)
{
	look_at_resources(doctor);
	look_at_folder(doctor);
	look_at_kernel(doctor);
}
