/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jansson makes a tree of what it reads, eleven times as large as the text or more, and a text that was cut is found out only at
 * its end. So a large one is looked through first. What is refused here jansson would refuse too; the reverse need not hold.
 */
#include <stdbool.h>
#include <string.h>
#include "report/json_scan.h"

enum { DEPTH_MAX = 4096 }; /* jansson has 2048 */

enum wanted { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END };

struct scan {
	const char *at, *end;
	enum wanted wanted;
	unsigned int depth;
	bool in_object[DEPTH_MAX + 1]; /* by depth */
};

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static void value_is_done(struct scan *scan)
{
	scan->wanted = COMMA_OR_END;
}

static bool open_list(struct scan *scan, bool object)
{
	if (scan->depth == DEPTH_MAX)
		return false;
	scan->in_object[++scan->depth] = object;
	scan->wanted = object ? KEY_OR_END : VALUE_OR_END;
	scan->at++;
	return true;
}

static bool close_list(struct scan *scan)
{
	bool empty = scan->wanted == KEY_OR_END || scan->wanted == VALUE_OR_END;

	if (!scan->depth || (!empty && scan->wanted != COMMA_OR_END) || (*scan->at == '}') != scan->in_object[scan->depth])
		return false;
	scan->depth--;
	scan->at++;
	value_is_done(scan);
	return true;
}

static bool skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++)
		if (*scan->at == '\\' && ++scan->at == scan->end)
			break;
	if (scan->at == scan->end)
		return false;
	scan->at++;
	return true;
}

static bool read_string(struct scan *scan)
{
	bool key = scan->wanted == KEY || scan->wanted == KEY_OR_END;

	if ((!key && scan->wanted != VALUE && scan->wanted != VALUE_OR_END) || !skip_string(scan))
		return false;
	scan->wanted = key ? COLON : COMMA_OR_END;
	return true;
}

/* A number, true, false or null: what they may look like is jansson's. */
static bool read_word(struct scan *scan)
{
	static const char letters[] = "+-.0123456789Eaeflnrstu";
	const char *start = scan->at;

	if (scan->wanted != VALUE && scan->wanted != VALUE_OR_END)
		return false;
	while (scan->at < scan->end && *scan->at && strchr(letters, *scan->at))
		scan->at++;
	if (scan->at == start)
		return false;
	value_is_done(scan);
	return true;
}

static bool read_mark(struct scan *scan)
{
	bool comma = *scan->at == ',';

	if (scan->wanted != (comma ? COMMA_OR_END : COLON) || !scan->depth)
		return false;
	scan->wanted = comma && scan->in_object[scan->depth] ? KEY : VALUE;
	scan->at++;
	return true;
}

static bool read_token(struct scan *scan)
{
	bool wants_value = scan->wanted == VALUE || scan->wanted == VALUE_OR_END;

	switch (*scan->at) {
	case '{':
	case '[':
		return wants_value && open_list(scan, *scan->at == '{');
	case '}':
	case ']':
		return close_list(scan);
	case '"':
		return read_string(scan);
	case ',':
	case ':':
		return read_mark(scan);
	}
	return read_word(scan);
}

static int refuse(const struct scan *scan, const char *text, struct error *err)
{
	size_t line = 1;
	const char *start = text;

	for (const char *at = text; at < scan->at; at++)
		if (*at == '\n') {
			line++;
			start = at + 1;
		}
	return error_set(err, "line %zu, column %zu: not JSON: %s", line, (size_t)(scan->at - start),
		scan->at == scan->end ? "it ends in the middle" : "this is not expected here");
}

int json_scan(const char *text, size_t size, struct error *err)
{
	struct scan scan = {.at = text, .end = text + size, .wanted = VALUE};

	for (skip_blanks(&scan); scan.at < scan.end && (scan.depth || scan.wanted == VALUE); skip_blanks(&scan))
		if (!read_token(&scan))
			return refuse(&scan, text, err);
	if (scan.at < scan.end || scan.depth || scan.wanted != COMMA_OR_END)
		return refuse(&scan, text, err);
	return 0;
}
