/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of processes that cannot be traced. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>
#include "remote/status.h"

Test(status, knows_no_remedy_where_there_is_none)
{
	cr_assert_not_null(strstr(status_scope_text(1), "sysctl kernel.yama.ptrace_scope=0"));
	cr_assert_not_null(strstr(status_scope_text(2), "only root"));
	cr_assert_null(strstr(status_scope_text(3), "sudo"), "it would not help");
	cr_assert_not_null(strstr(status_scope_text(3), "started again"));
}

Test(status, sees_who_is_watched)
{
	struct error err = ERROR_INIT;

	cr_assert_geq(status_seccomp(getpid(), getpid()), 0);
	cr_assert_eq(status_seccomp(getpid(), 0x7fffffff), 0);
	cr_assert_eq(status_check(getpid(), &err), -1);
	cr_assert_not_null(strstr(err.text, "memtrace itself"));
}
