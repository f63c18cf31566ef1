/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions: their names, which go together, and how the command line makes them. */
#include <criterion/criterion.h>
#include <string.h>
#include "cmd/query_options.h"
#include "printed.h"

Test(query, names)
{
	cr_assert_eq(query_by("traceback"), BY_TRACEBACK);
	cr_assert_eq(query_by("Lineno"), -1);
	cr_assert_eq(query_by(""), -1);
	cr_assert_str_eq(query_by_name(BY_OWNER), "owner");
	cr_assert_eq(query_sort("count"), SORT_COUNT);
	cr_assert_eq(query_sort("size "), -1);
}

/* What --help offers is what is understood. */
Test(query, every_name_offered_is_known)
{
	char by[] = QUERY_BY_NAMES, sort[] = QUERY_SORT_NAMES, format[] = PRINTER_NAMES;
	char form[] = EXPORTER_NAMES, metric[] = METRIC_NAMES, *save;

	for (char *name = strtok_r(by, "|", &save); name; name = strtok_r(NULL, "|", &save))
		cr_expect_str_eq(query_by_name((enum group_by)query_by(name)), name);
	for (char *name = strtok_r(sort, "|", &save); name; name = strtok_r(NULL, "|", &save))
		cr_expect_geq(query_sort(name), 0, "%s", name);
	for (char *name = strtok_r(format, "|", &save); name; name = strtok_r(NULL, "|", &save))
		cr_expect_str_eq(printer_find(name)->name, name);
	for (char *name = strtok_r(form, "|", &save); name; name = strtok_r(NULL, "|", &save))
		cr_expect_str_eq(exporter_find(name)->name, name);
	for (char *name = strtok_r(metric, "|", &save); name; name = strtok_r(NULL, "|", &save))
		cr_expect_geq(metric_find(name), 0, "%s", name);
	cr_assert_null(printer_find("xml"));
	cr_assert_null(exporter_find("xml"));
	cr_assert_eq(metric_find("peak"), -1);
}

Test(query, cumulative_is_of_lines_and_files)
{
	struct query query = QUERY_INIT;
	struct error err = ERROR_INIT;

	query.cumulative = CUMULATIVE_ONCE;
	query.by = BY_FILENAME;
	cr_assert_eq(query_check(&query, &err), 0);
	query.by = BY_TRACEBACK;
	cr_assert_eq(query_check(&query, &err), -1);
	cr_assert_eq(err.status, EXIT_BAD_INPUT);
	cr_assert_str_eq(err.text, "cumulative mode cannot be used with --by traceback");
}

Test(query, defaults_of_the_command_line)
{
	struct query_options options = {0};
	struct error err = ERROR_INIT;
	struct query query;

	cr_assert_eq(query_options_read(&options, NULL, 0, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.by, BY_LINENO);
	cr_assert_eq(query.limit, 10);
	cr_assert_eq(query.frames, QUERY_FRAMES_ALL);
	cr_assert_eq(query.only_domain, QUERY_NO_DOMAIN);
	query_release(&query);
}

Test(query, numbers_that_were_given)
{
	struct query_options options = {
		.by = "module",
		.cumulative = "",
		.limit = {true, 0},
		.frames = {true, -2},
		.sort = "average",
		.oldest_first = true,
	};
	struct error err = ERROR_INIT;
	struct query query;

	cr_assert_eq(query_options_read(&options, NULL, 0, &query, &err), -1);
	query_release(&query);
	options.by = "filename";
	cr_assert_eq(query_options_read(&options, NULL, 0, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.cumulative, CUMULATIVE_FRAMES);
	cr_assert_eq(query.limit, 0);
	cr_assert_eq(query.frames, -2);
	cr_assert_eq(query.sort, SORT_AVERAGE);
	cr_assert(query.oldest_first);
	query_release(&query);
}

Test(query, domains_by_number_and_name)
{
	struct snapshot *snapshot = imported("{'schema': 'memtrace-snapshot/1', 'traces': [], "
					     "'domains': [{'id': 100, 'name': 'arena'}]}");
	struct option_entry only = {.value = "arena"};
	struct query_options options = {.only_domains = {&only, 1, 1}};
	struct error err = ERROR_INIT;
	struct query query;

	cr_assert_eq(query_options_read(&options, &snapshot, 1, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.only_domain, 100);
	query_release(&query);
	only.value = "7";
	cr_assert_eq(query_options_read(&options, &snapshot, 1, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.only_domain, 7);
	query_release(&query);
	only.value = "mmap";
	cr_assert_eq(query_options_read(&options, &snapshot, 1, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.only_domain, DOMAIN_MMAP);
	query_release(&query);
	only.value = "7a";
	cr_assert_eq(query_options_read(&options, &snapshot, 1, &query, &err), -1);
	cr_assert_str_eq(err.text, "'7a' is no domain");
	query_release(&query);
	snapshot_free(snapshot);
}

Test(query, json_twice)
{
	struct query_options options = {.json = true, .format = "csv"};
	struct error err = ERROR_INIT;
	struct out out = {0};

	cr_assert_eq(query_options_check(&options, &err), -1);
	cr_assert_str_eq(err.text, "--json and --format csv contradict each other");
	options.format = "json";
	cr_assert_eq(query_options_check(&options, &err), 0);
	cr_assert_str_eq(query_options_printer(&options, &out)->name, "json");
	options = (struct query_options){0};
	cr_assert_str_eq(query_options_printer(&options, &out)->name, "text");
	out.terminal = true;
	cr_assert_str_eq(query_options_printer(&options, &out)->name, "table");
}
