/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python's fnmatch. A pattern becomes a list of items, a name an array of characters, and matching
 * is the usual walk with one place to come back to: after the last star, which is enough because a
 * star takes any characters.
 *
 * The sets are the hard part, since fnmatch hands them to the regular expressions in a roundabout
 * way: it splits them at the hyphens that make ranges, drops ranges that run backwards (and with
 * them what stood between), and only then looks whether the rest begins with '!'. That order is
 * kept here: set_chunks() splits and drops, set_item() reads the rest.
 */
#include "report/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"

enum item_kind { ITEM_CHARACTER, ITEM_ANY, ITEM_STAR, ITEM_SET };

struct range {
	uint32_t first, last;
};

struct item {
	enum item_kind kind;
	uint32_t character;
	bool negated;		/* of a set; one that is empty and not negated matches nothing */
	size_t first, n_ranges; /* of a set, in the glob's ranges */
};

struct glob {
	ARRAY(struct item) items;
	ARRAY(struct range) ranges;
};

/* Characters of a text. */
struct text {
	uint32_t *at;
	size_t n;
};

/* The part of a text between two of its characters. */
struct span {
	size_t begin, end;
};

static struct text decode(const char *data, size_t size)
{
	struct text text = {xmalloc((size + 1) * sizeof(uint32_t)), 0};
	const char *end = data + size;

	while (data < end) {
		const char *begin = data;
		uint32_t character = utf8_next(&data, end);

		/* Python's surrogateescape: each byte by itself. */
		if (character == UTF8_INVALID) {
			character = 0xdc00 | (uint8_t)*begin;
			data = begin + 1;
		}
		text.at[text.n++] = character;
	}
	return text;
}

static struct item *add_item(struct glob *glob, enum item_kind kind)
{
	struct item *item = ARRAY_PUSH(&glob->items);

	item->kind = kind;
	return item;
}

static void add_range(struct glob *glob, uint32_t first, uint32_t last)
{
	*ARRAY_PUSH(&glob->ranges) = (struct range){first, last};
}

static size_t find(const struct text *text, uint32_t character, size_t from, size_t end)
{
	while (from < end && text->at[from] != character)
		from++;
	return from;
}

/* Splits the set at the hyphens that make ranges and drops the ranges that run backwards; a chunk's
 * last character and the next one's first are then the ends of a range. Returns how many chunks; at
 * most one for two characters. */
static size_t set_chunks(const struct text *text, struct span set, struct span *chunks)
{
	size_t n = 0, begin = set.begin, at = set.begin + (text->at[set.begin] == '!' ? 2 : 1);

	while ((at = find(text, '-', at, set.end)) < set.end) {
		chunks[n++] = (struct span){begin, at};
		begin = at + 1;
		at += 3;
	}
	if (begin < set.end || n == 0)
		chunks[n++] = (struct span){begin, set.end};
	else
		chunks[n - 1].end++; /* the hyphen at the end is one of the characters */
	return n;
}

/*
 * Two chunks of one after a backward range was dropped are one chunk in two pieces; so that chunks
 * stay spans of the pattern, the pieces are moved together in the text itself, over the characters
 * that were dropped.
 */
static size_t drop_backward(struct text *text, struct span *chunks, size_t n)
{
	for (size_t k = n - 1; k > 0; k--) {
		struct span *left = &chunks[k - 1], *right = &chunks[k];
		size_t length = right->end - right->begin - 1;

		if (text->at[left->end - 1] <= text->at[right->begin])
			continue;
		memmove(&text->at[left->end - 1], &text->at[right->begin + 1],
			length * sizeof(uint32_t));
		left->end += length - 1;
		memmove(right, right + 1, (n - k - 1) * sizeof(*chunks));
		n--;
	}
	return n;
}

/* The set between the brackets, which is not empty. */
static void set_item(struct glob *glob, struct text *text, struct span set)
{
	struct span *chunks = xcalloc(set.end - set.begin + 1, sizeof(*chunks));
	size_t n = drop_backward(text, chunks, set_chunks(text, set, chunks));
	size_t first_range = glob->ranges.count;
	struct item *item = add_item(glob, ITEM_SET);

	item->first = first_range;
	if (chunks[0].begin < chunks[0].end && text->at[chunks[0].begin] == '!') {
		item->negated = true;
		chunks[0].begin++;
	}
	for (size_t k = 0; k < n; k++) {
		for (size_t i = chunks[k].begin; i < chunks[k].end; i++)
			add_range(glob, text->at[i], text->at[i]);
		if (k > 0 && chunks[k].begin < chunks[k].end &&
			chunks[k - 1].begin < chunks[k - 1].end)
			add_range(glob, text->at[chunks[k - 1].end - 1], text->at[chunks[k].begin]);
	}
	item->n_ranges = glob->ranges.count - first_range;
	free(chunks);
}

/* Where the set that begins at BEGIN, behind its bracket, ends: the closing bracket, or the text's
 * end. */
static size_t set_end(const struct text *text, size_t begin)
{
	size_t at = begin;

	if (at < text->n && text->at[at] == '!')
		at++;
	if (at < text->n && text->at[at] == ']')
		at++;
	return find(text, ']', at, text->n);
}

struct glob *glob_new(const char *pattern, size_t size)
{
	struct glob *glob = xcalloc(1, sizeof(*glob));
	struct text text = decode(pattern, size);

	for (size_t at = 0; at < text.n;) {
		uint32_t character = text.at[at++];
		size_t end;

		if (character == '*') {
			add_item(glob, ITEM_STAR);
		} else if (character == '?') {
			add_item(glob, ITEM_ANY);
		} else if (character == '[' && (end = set_end(&text, at)) < text.n) {
			set_item(glob, &text, (struct span){at, end});
			at = end + 1;
		} else {
			add_item(glob, ITEM_CHARACTER)->character = character;
		}
	}
	free(text.at);
	return glob;
}

void glob_free(struct glob *glob)
{
	if (!glob)
		return;
	ARRAY_FREE(&glob->items);
	ARRAY_FREE(&glob->ranges);
	free(glob);
}

static bool item_matches(const struct glob *glob, const struct item *item, uint32_t character)
{
	if (item->kind == ITEM_ANY)
		return true;
	if (item->kind == ITEM_CHARACTER)
		return item->character == character;
	for (size_t i = 0; i < item->n_ranges; i++) {
		const struct range *range = &glob->ranges.items[item->first + i];

		if (character >= range->first && character <= range->last)
			return !item->negated;
	}
	return item->negated;
}

bool glob_matches(const struct glob *glob, const char *data, size_t size)
{
	const struct item *items = glob->items.items;
	struct text name = decode(data, size);
	size_t n = glob->items.count, item = 0, at = 0, star = SIZE_MAX, star_at = 0;
	bool matches = true;

	while (matches && at < name.n) {
		if (item < n && items[item].kind == ITEM_STAR) {
			star = item++;
			star_at = at;
		} else if (item < n && item_matches(glob, &items[item], name.at[at])) {
			item++;
			at++;
		} else if (star != SIZE_MAX) {
			item = star + 1;
			at = ++star_at;
		} else {
			matches = false;
		}
	}
	while (item < n && items[item].kind == ITEM_STAR)
		item++;
	free(name.at);
	return matches && item == n;
}
