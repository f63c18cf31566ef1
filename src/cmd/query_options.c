/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From options to a query. Domains may be named, by the names that the snapshots themselves give.
 */
#include "cmd/query_options.h"

#include <stdlib.h>
#include <string.h>
#include "cmd/suggest.h"
#include "report/short_name.h"

static int domain_by_name(
	const char *name, struct snapshot *const *snapshots, size_t n, int64_t *id)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < snapshots[i]->domains.count; k++) {
			const struct domain *domain = &snapshots[i]->domains.items[k];

			if (strcmp(strings_get(snapshots[i]->strings, domain->name), name) == 0) {
				*id = domain->id;
				return 0;
			}
		}
	}
	return -1;
}

static const char *domain_near(const char *text, struct snapshot *const *snapshots, size_t n)
{
	struct suggestion suggestion = {.typed = text};

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < snapshots[i]->domains.count; k++)
			suggest(&suggestion, strings_get(snapshots[i]->strings,
						     snapshots[i]->domains.items[k].name));
	}
	/* Of names so short, two wrong letters are another name. */
	return suggestion.distance <= 1 ? suggestion.best : NULL;
}

static int domain_id(const char *text, struct snapshot *const *snapshots, size_t n, int64_t *id,
	struct error *err)
{
	size_t digits = strspn(text, "0123456789");
	const char *near;

	if (digits && digits <= 10 && !text[digits]) {
		*id = strtoll(text, NULL, 10);
		if (*id <= UINT32_MAX)
			return 0;
	}
	if (*text && domain_by_name(text, snapshots, n, id) == 0)
		return 0;
	error_set(err, "'%s' is no domain", text);
	near = domain_near(text, snapshots, n);
	if (near)
		return error_hint(err, "did you mean '%s'?", near);
	return error_hint(err, "a domain is malloc (0), mmap (1), brk (2), or one that the program "
			       "named: memtrace info tells them");
}

static int read_filters(const struct query_options *options, struct snapshot *const *snapshots,
	size_t n, struct query *query, struct error *err)
{
	for (size_t i = 0; i < options->filters.count; i++) {
		const struct option_entry *entry = &options->filters.items[i];
		bool inclusive = strncmp(entry->row->name, "exclude", 7) != 0;
		int64_t domain;

		if (!strstr(entry->row->name, "domain")) {
			filters_add_text(&query->filters, inclusive, entry->value)->all_frames =
				options->all_frames;
			continue;
		}
		if (domain_id(entry->value, snapshots, n, &domain, err) < 0)
			return -1;
		filters_add_domain(&query->filters, inclusive, domain);
	}
	return 0;
}

/* All of them must hold, and no block is in two domains. */
static int read_only_domains(const struct query_options *options, struct snapshot *const *snapshots, size_t n,
	struct query *query, struct error *err)
{
	for (size_t i = 0; i < options->only_domains.count; i++) {
		const char *text = options->only_domains.items[i].value;
		int64_t domain;

		if (domain_id(text, snapshots, n, &domain, err) < 0)
			return -1;
		if (i && domain != query->only_domain) {
			error_set(err, "--only-domain %s and %s leave nothing: no block is in both",
				options->only_domains.items[i - 1].value, text);
			return error_hint(err, "--domain adds one to another");
		}
		query->only_domain = domain;
	}
	return 0;
}

int query_options_read(const struct query_options *options, struct snapshot *const *snapshots,
	size_t n, struct query *query, struct error *err)
{
	*query = (struct query)QUERY_INIT;
	query->by = options->by ? (enum group_by)query_by(options->by) : BY_LINENO;
	query->sort = options->sort ? (enum sort_by)query_sort(options->sort) : SORT_SIZE;
	if (options->cumulative)
		query->cumulative = *options->cumulative ? CUMULATIVE_ONCE : CUMULATIVE_FRAMES;
	query->hide_standard = options->hide_std;
	query->oldest_first = options->oldest_first;
	query->full_names = options->demangle && strcmp(options->demangle, "full") == 0;
	for (size_t i = 0; i < n && options->demangle && !query->full_names; i++)
		short_names(snapshots[i]);
	if (options->limit.given)
		query->limit = (uint64_t)options->limit.value;
	if (options->frames.given)
		query->frames = options->frames.value;
	if (read_filters(options, snapshots, n, query, err) < 0)
		return -1;
	if (read_only_domains(options, snapshots, n, query, err) < 0)
		return -1;
	return query_check(query, err);
}

int query_options_check(const struct query_options *options, struct error *err)
{
	struct query query = QUERY_INIT;

	if (map_path_check(&options->map_paths, err) < 0)
		return -1;
	if (options->json && options->format && strcmp(options->format, "json") != 0)
		return error_set(
			err, "--json and --format %s contradict each other", options->format);
	query.by = options->by ? (enum group_by)query_by(options->by) : BY_LINENO;
	if (query.by != BY_TRACEBACK && (options->frames.given || options->oldest_first)) {
		error_set(err, "%s is about tracebacks", options->frames.given ? "--frames" : "--oldest-first");
		return error_hint(err, "add --by traceback");
	}
	query.cumulative = options->cumulative ? CUMULATIVE_FRAMES : CUMULATIVE_NO;
	return query_check(&query, err);
}

const struct printer *query_options_printer(
	const struct query_options *options, const struct out *out)
{
	if (options->json)
		return printer_find("json");
	if (options->format)
		return printer_find(options->format);
	return printer_find(out->terminal ? "table" : "text");
}

void query_options_release(struct query_options *options)
{
	ARRAY_FREE(&options->filters);
	ARRAY_FREE(&options->only_domains);
	ARRAY_FREE(&options->map_paths);
}
