/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run --snapshot-at: what it takes, and the line that each mistake gets. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "cmd/snapshot_at.h"

static struct snapshot_at at;
static struct error err;

static void refused(const char *text, const char *line, const char *hint)
{
	err = (struct error)ERROR_INIT;
	cr_assert_eq(snapshot_at_parse(&at, text, &err), -1, "%s was taken", text);
	cr_assert_str_eq(err.text, line);
	cr_assert_str_eq(err.hint, hint);
}

Test(snapshot_at, all_of_them)
{
	cr_assert_eq(snapshot_at_parse(&at, "exit,peak,every:30s,rss:2G,rss:1.5G,growth:100M,SIG:USR2,SIG:sigusr1", &err), 0,
		"%s", err.text);
	cr_assert_eq(at.rules.every_ns, 30000000000ull);
	cr_assert_eq(at.rules.growth, 100 << 20);
	cr_assert_eq(at.rules.n_rss, 2);
	cr_assert_eq(at.rules.rss[0], 2ull << 30);
	cr_assert_eq(at.rules.rss[1], 3ull << 29);
	cr_assert_eq(at.n_signals, 2);
	cr_assert_eq(at.signals[0]->number, SIGUSR2);
	cr_assert_str_eq(at.signals[1]->name, "USR1");
}

Test(snapshot_at, times)
{
	static const struct { const char *text; uint64_t ns; } times[] = {{"every:10ms", 10000000}, {"every:2", 2000000000},
		{"every:1.5m", 90000000000ull}, {"every:1h", 3600000000000ull}, {"every:1d", 86400000000000ull}};

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		cr_assert_eq(snapshot_at_parse(&at, times[i].text, &err), 0, "%s", err.text);
		cr_assert_eq(at.rules.every_ns, times[i].ns);
	}
}

Test(snapshot_at, mistakes)
{
	const char *time = "a time is a number with ms, s, m, h or d: 30s, 5m";

	refused("", "run: --snapshot-at: no moment is named", "");
	refused(",,", "run: --snapshot-at: no moment is named", "");
	refused("grwth:5M", "run: --snapshot-at: 'grwth:5M' is none of exit, peak, every:TIME, growth:SIZE, rss:SIZE, SIG:NAME",
		"did you mean 'growth'?");
	refused("exit:1", "run: --snapshot-at: 'exit' takes no value", "");
	refused("exit,every", "run: --snapshot-at: 'every' needs a value", "as in every:30s");
	refused("rss:", "run: --snapshot-at: 'rss' needs a value", "as in rss:2G");
	refused("every:5x", "run: --snapshot-at: every: '5x' is not a time", time);
	refused("every:-5s", "run: --snapshot-at: every: '-5s' is not a time", time);
	refused("every:1.2.3s", "run: --snapshot-at: every: '1.2.3s' is not a time", time);
	refused("every:nan", "run: --snapshot-at: every: 'nan' is not a time", time);
	refused("every:1ms", "run: --snapshot-at: every: '1ms' is not a time from 10ms to a year", "");
	refused("every:999999999999999999999", "run: --snapshot-at: every: '999999999999999999999' is not a time from 10ms to a year",
		"");
	refused("growth:x", "run: --snapshot-at: growth: 'x' is not a size",
		"a size is a number of bytes, or one with K, M, G or T: 512K, 1.5G");
	refused("growth:0", "run: --snapshot-at: growth: 0 is no size to wait for", "");
	refused("growth:1,growth:2", "run: --snapshot-at: growth: it is there twice", "");
	refused("SIG:KILL", "run: --snapshot-at: SIG: 'KILL' is not a signal that memtrace can be sent for this",
		"USR1, USR2 or HUP can; it is sent to memtrace, never to the program");
	refused("SIG:USR1,SIG:SIGUSR1", "run: --snapshot-at: SIG: it is there twice", "");
}
