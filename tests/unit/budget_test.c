/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Budgets: how rules are read, what they measure, and where exactly they break. */
#include <criterion/criterion.h>
#include <string.h>
#include "printed.h"
#include "report/budget.h"

static struct budget read_rule(bool growth, const char *text)
{
	struct budgets budgets = {0};
	struct error err = ERROR_INIT;

	cr_assert_eq(budgets_add(&budgets, growth, text, &err), 0, "%s: %s", text, err.text);
	struct budget budget = budgets.all.items[0];

	budget.pattern = budget.pattern ? strdup(budget.pattern) : NULL;
	budgets_release(&budgets);
	return budget;
}

Test(budget, rules)
{
	struct budget budget = read_rule(false, "peak=64M");

	cr_expect(budget.metric == BUDGET_PEAK && budget.place == BUDGET_ALL);
	cr_expect_eq(budget.limit, 64u << 20);
	budget = read_rule(false, "file:src/parse.c=2M");
	cr_expect(budget.metric == BUDGET_CURRENT && budget.place == BUDGET_FILE);
	cr_expect_str_eq(budget.pattern, "src/parse.c");
	budget = read_rule(false, "count:function:operator==(A, A)=1000");
	cr_expect(budget.metric == BUDGET_COUNT && budget.place == BUDGET_FUNCTION);
	cr_expect_str_eq(budget.pattern, "operator==(A, A)");
	cr_expect_eq(budget.limit, 1000);
	budget = read_rule(false, "total_size:line:C:/x:77=1");
	cr_expect(budget.metric == BUDGET_TOTAL_SIZE && budget.place == BUDGET_LINE);
	cr_expect_str_eq(budget.pattern, "C:/x");
	cr_expect_eq(budget.lineno, 77);
	budget = read_rule(true, "5%");
	cr_expect(budget.metric == BUDGET_PEAK && budget.any_metric && budget.percent);
	cr_expect_eq(budget.limit, 5 * BUDGET_PERCENT);
	budget = read_rule(true, "total_count=2.25%");
	cr_expect(budget.metric == BUDGET_TOTAL_COUNT && !budget.any_metric);
	cr_expect_eq(budget.limit, 2250000);
}

Test(budget, what_is_no_rule)
{
	static const char *const texts[] = {"", "peak", "=5", "peak=", "peak=5%", "peak=-1",
		"count=1K", "count=9223372036854775808", "peak=99999999T", "peka=5", "file=5",
		"file:=5", "line:a.c=5", "line:a.c:=5", "line::5=5", "line:a.c:12345678901=5",
		"peak:=5", "peak:current=5", "file:a.c:b"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct budgets budgets = {0};
		struct error err = ERROR_INIT;

		cr_expect_eq(budgets_add(&budgets, false, texts[i], &err), -1, "%s", texts[i]);
		cr_expect_eq(err.status, EXIT_BAD_INPUT);
		cr_expect_neq(*err.text, '\0', "%s", texts[i]);
		budgets_release(&budgets);
	}
}

#define HEAD "{'schema': 'memtrace-snapshot/1', 'traceback_limit': 8, 'traces': ["
/* 100 bytes in 4 blocks; 60 in two of a.c, 40 in two of b.c, 10 of which a.c asked for. */
#define NOW                                                                                        \
	HEAD "{'size': 50, 'count': 1, 'total_size': 70, 'total_count': 7, 'frames': [['/s/a.c', " \
	     "1]]}, {'size': 10, 'count': 1, 'frames': [['/s/a.c', 2], ['/s/a.c', 1]]}, "          \
	     "{'size': 30, 'count': 1, 'frames': [['/s/b.c', 1]]}, "                               \
	     "{'size': 10, 'count': 1, 'frames': [['/s/b.c', 2], ['/s/a.c', 1]]}]}"

static struct budget measured(const char *now_text, const char *base_text, bool all_frames,
	bool growth, const char *rule)
{
	struct snapshot *now = imported(now_text), *base = imported(base_text);
	struct side side = {now, "now", 0}, before = {base, "base", 0};
	struct budgets budgets = {.all_frames = all_frames};
	struct error err = ERROR_INIT;

	cr_assert_eq(budgets_add(&budgets, growth, rule, &err), 0, "%s: %s", rule, err.text);
	cr_assert_eq(budgets_measure(&budgets, &side, &before, &err), 0, "%s", err.text);
	struct budget budget = budgets.all.items[0];

	cr_assert_eq(budgets.broken, budget.broken);
	budgets_release(&budgets);
	snapshot_free(now);
	snapshot_free(base);
	return budget;
}

static void assert_value(bool all_frames, const char *rule, uint64_t value, bool met)
{
	struct budget budget = measured(NOW, NOW, all_frames, false, rule);

	cr_expect_eq(budget.value, value, "%s: %lu", rule, (unsigned long)budget.value);
	cr_expect_eq(budget.met, met, "%s", rule);
}

Test(budget, places)
{
	assert_value(false, "current=0", 100, true);
	assert_value(false, "count=0", 4, true);
	assert_value(false, "file:a.c=0", 60, true);
	assert_value(false, "file:s/a.c=0", 60, true);
	assert_value(false, "file:/s/a.c=0", 60, true);
	assert_value(false, "file:/a.c=0", 0, false);
	assert_value(false, "file:.c=0", 0, false);
	assert_value(false, "file:*.c=0", 100, true);
	assert_value(false, "file:?.c=0", 100, true);
	assert_value(false, "line:a.c:1=0", 50, true);
	assert_value(false, "line:a.c:3=0", 0, false);
	assert_value(false, "count:file:b.c=0", 2, true);
	assert_value(false, "total_size:file:a.c=0", 80, true);
	assert_value(false, "total_count:file:a.c=0", 8, true);
	assert_value(false, "function:f=0", 0, false);
	assert_value(true, "file:a.c=0", 70, true);
	assert_value(true, "line:a.c:1=0", 70, true);
}

static void assert_judged(const char *now, const char *base, const char *rule, bool broken)
{
	struct budget budget = measured(now, base, false, true, rule);

	cr_expect_eq(budget.broken, broken, "%s", rule);
}

#define OF(size) HEAD "{'size': " size ", 'count': 1, 'frames': [['a.c', 1]]}]}"

Test(budget, growth_breaks_exactly_behind_its_limit)
{
	assert_judged(OF("105"), OF("100"), "5%", false);
	assert_judged(OF("106"), OF("100"), "5%", true);
	assert_judged(OF("104"), OF("99"), "5%", true); /* 103.95 */
	assert_judged(OF("103"), OF("99"), "5%", false);
	assert_judged(OF("100"), OF("100"), "0%", false);
	assert_judged(OF("101"), OF("100"), "0%", true);
	assert_judged(OF("50"), OF("100"), "0%", false);
	assert_judged(OF("1"), OF("0"), "5%", true);
	assert_judged(OF("110"), OF("100"), "file:a.c=10", false);
	assert_judged(OF("111"), OF("100"), "file:a.c=10", true);
	assert_judged(OF("9223372036854775807"), OF("9223372036854775806"), "0.000001%", false);
	assert_judged(OF("9223372036854775807"), OF("9223372036854775806"), "4000000000%", false);
	assert_judged(OF("1"), OF("1"), "count=0", false);
}

Test(budget, a_peak_that_is_not_known_is_an_error)
{
	struct snapshot *snapshot = imported(NOW);
	struct side side = {snapshot, "now", 0};
	static const char *const rules[] = {"peak=1", "peak:file:a.c=1"};

	for (size_t i = 0; i < 2; i++) {
		struct budgets budgets = {0};
		struct error err = ERROR_INIT;

		cr_assert_eq(budgets_add(&budgets, false, rules[i], &err), 0);
		cr_expect_eq(budgets_measure(&budgets, &side, NULL, &err), -1, "%s", rules[i]);
		budgets_release(&budgets);
	}
	snapshot_free(snapshot);
}
