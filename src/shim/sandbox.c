/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A filter is run (memtrace/verdict.h) on the calls that the shim makes, before it is installed. One that
 * allows all of them changes nothing for us. Of any other nothing is asked again: see channel.jail.
 *
 * The filter is the program's own memory, and may be none: it is read where the kernel could read
 * it.
 */
#include <linux/audit.h>
#include "memtrace/verdict.h"
#include "shim/sandbox.h"
#include "shim/sys.h"

enum { PAGE = 4096 };

static bool allows(const struct sock_fprog *filter, const struct seccomp_data *call)
{
	uint32_t action = verdict_of(filter->filter, filter->len, call);

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool is_readable(const void *at, size_t size)
{
	const uintptr_t begin = (uintptr_t)at, end = begin + size;

	for (uintptr_t page = begin; page < end; page += PAGE - page % PAGE)
		if (!sys_is_readable((const void *)page))
			return false;
	return end > begin;
}

enum sandbox_verdict sandbox_judge(const struct sock_fprog *filter)
{
#define ROW(name, child, ...) {SYS_##name, child, {__VA_ARGS__}},
	static const struct verdict_call ours[] = {VERDICT_SHIM_CALLS(ROW)};
#undef ROW

	if (!is_readable(filter, sizeof *filter) || filter->len == 0 ||
		!is_readable(filter->filter, filter->len * sizeof *filter->filter))
		return SANDBOX_NONE;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		struct seccomp_data call = {.nr = ours[i].number, .arch = AUDIT_ARCH_X86_64};

		for (int k = 0; k < 6; k++)
			call.args[k] = ours[i].args[k];
		if (!allows(filter, &call))
			return ours[i].child ? SANDBOX_CHILDLESS : SANDBOX_REFUSES;
	}
	return SANDBOX_ALLOWS;
}
