/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace addr [SNAP] 0xADDR…: which block holds the address, and who made it. Blocks are there
 * when the run kept them (run --blocks). An address in a module is named by the module's file, if
 * this machine still has it; the snapshot itself only names return addresses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/command.h"
#include "cmd/map_path.h"
#include "cmd/naming.h"
#include "cmd/snapfile.h"
#include "cmd/symbol_options.h"
#include "report/address.h"

enum { INLINED_MAX = 64 };

struct addr_options {
	const char *format;
	struct option_list map_paths;
	bool json;
	struct symbol_options symbols;
};

static const struct option_row rows[] = {
	MAP_PATH_ROW(struct addr_options, map_paths),
	{.name = "format",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct addr_options, format),
		.argument = "FORMAT",
		.choices = "text|json",
		.summary = "text (default) or json"},
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct addr_options, json),
		.summary = "the same as --format json"},
	SYMBOL_OPTION_ROWS(struct addr_options, symbols),
	{.name = NULL},
};

static bool parse_address(const char *text, uint64_t *address)
{
	char *end;

	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') || !text[2] ||
		strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
		return false;
	errno = 0;
	*address = strtoull(text, &end, 16);
	return errno == 0;
}

static struct name name_of(const char *text)
{
	return (struct name){text, text ? strlen(text) : 0};
}

/* Frames of the names are oldest first, symbols innermost first. */
static void name_address(struct address *address, const struct snapshot *snapshot, struct symbolizer *symbolizer,
	const struct option_list *map_paths)
{
	const struct module *module = address->module;
	const char *path = strings_get(snapshot->strings, module->path);
	const struct symbol_module asked = naming_module_of(snapshot, module);
	struct symbol symbols[INLINED_MAX];
	/* It takes return addresses, and ours is the instruction's own. */
	size_t n = symbolizer_lookup(symbolizer, symbolizer_module(symbolizer, &asked),
		address->in_module + 1, symbols, INLINED_MAX);

	for (size_t i = n; i-- > 0;) {
		const struct symbol *symbol = &symbols[i];
		bool has_line = symbol->filename && symbol->lineno;

		if (!has_line && !symbol->function)
			continue;
		*ARRAY_PUSH(&address->names.all) = (struct row_frame){
			.filename = name_of(has_line ? map_path_name(map_paths, snapshot, symbol->filename) : path),
			.function = name_of(symbol->function),
			.module = name_of(path),
			.lineno = has_line ? symbol->lineno : 0,
			.address = address->in_module,
			.has_address = true,
			.no_line = !has_line,
			.inlined = symbol->inlined,
		};
	}
}

static int print(const struct addr_options *options, const struct addresses *addresses,
	struct error *err)
{
	bool json = options->json || (options->format && strcmp(options->format, "json") == 0);
	struct out out;

	out_init(&out, stdout);
	(json ? addresses_json : addresses_text)(addresses, &out);
	return out_finish(&out, err);
}

static int look_up(struct addr_options *options, const struct snapfile *snap, char **texts,
	int n, struct error *err)
{
	struct addresses addresses = {.snapshot = snap->snapshot, .file = snap->file};
	struct symbolizer_options where = {0};
	int missing = 0, rc = symbol_options_read(&options->symbols, &where, err);
	struct symbolizer *symbolizer = symbolizer_new(&where);

	for (int i = 0; rc == 0 && i < n; i++) {
		struct address *address;
		uint64_t value;

		parse_address(texts[i], &value);
		address = addresses_add(&addresses, value);
		if (address->module && address->blocks.count == 0)
			name_address(address, snap->snapshot, symbolizer, &options->map_paths);
		missing += !address->module && address->blocks.count == 0;
	}
	if (rc == 0 && missing == n && !snap->snapshot->keeps_blocks) {
		rc = error_set(err, "addr: %s keeps no live blocks", snap->file);
		error_hint(err, "memtrace run --blocks keeps them");
	}
	if (rc == 0 && missing)
		snapfile_say_sampled(snap);
	if (rc == 0)
		rc = print(options, &addresses, err);
	addresses_release(&addresses);
	symbolizer_free(symbolizer);
	return rc == 0 && missing ? EXIT_CHECK_FAILED : rc;
}

static int check_addresses(char **texts, int n, struct error *err)
{
	uint64_t value;

	for (int i = 0; i < n; i++) {
		if (parse_address(texts[i], &value))
			continue;
		error_set(err, "addr: '%s' is no address", texts[i]);
		return error_hint(err, "an address is hexadecimal, with 0x: 0x55d0c3a0");
	}
	return 0;
}

/* The blocks are those of one moment. */
static int check_moment(const struct snapfile *snap, struct error *err)
{
	int moment = snapshot_moment(snap->snapshot, NULL, err);

	if (moment < 0 || (size_t)moment == snap->moment)
		return moment < 0 ? -1 : 0;
	return error_set(err, "addr: %s keeps the live blocks of its moment '%s' only", snap->file,
		strings_get(snap->snapshot->strings, snap->snapshot->moments.items[moment].name));
}

static int answer(struct addr_options *options, int argc, char **argv, struct error *err)
{
	struct snapfile snap = {0};
	uint64_t value;
	int begin = argc > 0 && !parse_address(argv[0], &value), rc = 0;
	char *newest = NULL;

	if (options->json && options->format && strcmp(options->format, "json") != 0)
		return error_set(
			err, "--json and --format %s contradict each other", options->format);
	if (argc == begin) {
		error_set(err, "addr: no address given");
		return error_hint(err, "memtrace addr a.snap 0x55d0c3a0");
	}
	if (check_addresses(argv + begin, argc - begin, err) < 0 || map_path_check(&options->map_paths, err) < 0)
		return -1;
	if (!begin) {
		newest = snapfile_newest(0, NULL, err);
		rc = newest ? 0 : -1;
	}
	if (rc == 0)
		rc = snapfile_open(&snap, begin ? argv[0] : newest, err);
	if (rc == 0)
		rc = check_moment(&snap, err);
	if (rc == 0) {
		map_path_apply(&options->map_paths, &snap.snapshot, 1);
		rc = look_up(options, &snap, argv + begin, argc - begin, err);
	}
	snapfile_close(&snap);
	free(newest);
	return rc;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	struct addr_options *options = data;
	int rc = answer(options, argc, argv, err);

	ARRAY_FREE(&options->map_paths);
	symbol_options_release(&options->symbols);
	return rc;
}

const struct command command_addr = {
	.name = "addr",
	.usage = "[OPTIONS] [SNAP] 0xADDR...",
	.summary = "say which live block holds an address, and who made it",
	.options = rows,
	.options_size = sizeof(struct addr_options),
	.run = run,
};
