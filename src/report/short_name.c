/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The full name is the demangler's, and is taken apart from its end: clones, then qualifiers, then one
 * pair of brackets with the parameters; of a template also the type it returns, before the last blank
 * outside of all brackets. "operator" makes exceptions: the names behind it have brackets, angles and
 * blanks of their own. A name is cut or left, never changed. One pass over the name, and no memory.
 */
#include "report/short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "report/keys.h"

#define DEPTH_MAX 256

struct text {
	const char *data;
	size_t size;
};

static bool ends_with(const struct text *text, const char *tail)
{
	size_t size = strlen(tail);

	return text->size >= size && memcmp(text->data + text->size - size, tail, size) == 0;
}

static bool begins_with(const struct text *text, const char *head)
{
	size_t size = strlen(head);

	return text->size >= size && memcmp(text->data, head, size) == 0;
}

/* Takes " [clone .cold]" and its like off the end. */
static void cut_clones(struct text *text)
{
	while (ends_with(text, "]")) {
		size_t at = text->size;

		while (at > 0 && text->data[at - 1] != '[')
			at--;
		if (at < 2 || text->data[at - 2] != ' ' || strncmp(text->data + at, "clone ", 6) != 0)
			return;
		text->size = at - 2;
	}
}

static void cut_qualifiers(struct text *text)
{
	static const char *const qualifiers[] = {" const", " volatile", " &", " &&"};

	for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++) {
		if (ends_with(text, qualifiers[i])) {
			text->size -= strlen(qualifiers[i]);
			i = (size_t)-1; /* there may be several, in any order */
		}
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* Whether the word "operator" ends at AT. */
static bool is_operator(const struct text *text, size_t at)
{
	static const char word[] = "operator";
	size_t size = sizeof word - 1;

	return at >= size && memcmp(text->data + at - size, word, size) == 0 &&
	       (at == size || !is_word(text->data[at - size - 1]));
}

#define SIGNS "<>=+-*/%^&|~!," /* that names of operators are made of */

/* Whether a function's name ends before the bracket at AT: "f(", "f<int>(", "operator&(". */
static bool is_name_end(const struct text *text, size_t at)
{
	char last = text->data[at - 1];
	size_t signs = at;

	if (is_word(last) || strchr("]}'", last))
		return !is_operator(text, at);
	if (last == ')')
		return at >= 2 && text->data[at - 2] == '(' && is_operator(text, at - 2);
	while (signs && strchr(SIGNS, text->data[signs - 1]))
		signs--;
	return last == '>' || is_operator(text, signs);
}

/* Takes the parameters off; false: there are none. "int (*f(int))(char)" names f in the middle: it is
 * left. */
static bool cut_parameters(struct text *text)
{
	size_t at = text->size, depth = 0;

	if (!ends_with(text, ")"))
		return false;
	do {
		at--;
		depth += text->data[at] == ')';
		depth -= text->data[at] == '(';
	} while (depth && at);
	if (depth || !at || !is_name_end(text, at))
		return false;
	text->size = at;
	return true;
}

/* The end of an operator's name that begins at AT, behind the word: "<<", "()", " new[]". */
static size_t operator_end(const struct text *text, size_t at)
{
	if (text->size - at >= 2 && (!memcmp(text->data + at, "()", 2) || !memcmp(text->data + at, "[]", 2)))
		return at + 2;
	while (at < text->size && strchr(SIGNS, text->data[at]))
		at++;
	return at;
}

static char opposite(char closing)
{
	return closing == ')' ? '(' : closing == ']' ? '[' : closing == '}' ? '{' : '<';
}

/* Brackets that are open; angles may be signs for less and greater within others. */
struct brackets {
	char open[DEPTH_MAX];
	size_t depth;
	bool broken;
};

static void see(struct brackets *brackets, char c)
{
	size_t depth = brackets->depth;

	if (strchr("(<[{", c)) {
		if (depth == DEPTH_MAX)
			brackets->broken = true;
		else
			brackets->open[brackets->depth++] = c;
	} else if (c == '>') {
		brackets->depth -= depth && brackets->open[depth - 1] == '<';
	} else if (strchr(")]}", c)) {
		while (depth && brackets->open[depth - 1] != opposite(c))
			depth--;
		brackets->depth = depth ? depth - 1 : 0;
		brackets->broken |= !depth;
	}
}

/* Where the name begins behind the type that a template returns. */
static size_t name_begin(const struct text *text)
{
	struct brackets brackets = {.depth = 0};
	size_t begin = 0;

	for (size_t i = 0; i < text->size && !brackets.broken; i++) {
		if (text->data[i] == '\0')
			return 0;
		if (is_operator(text, i)) {
			if (!brackets.depth)
				return begin;
			i = operator_end(text, i);
			if (i == text->size)
				break;
		}
		if (text->data[i] == ' ' && !brackets.depth)
			begin = i + 1;
		see(&brackets, text->data[i]);
	}
	return brackets.broken || brackets.depth || begin == text->size ? 0 : begin;
}

/* "non-virtual thunk to Foo::bar(int)": what stands before the function's own name. */
static size_t thunk_size(const struct text *text)
{
	static const char *const thunks[] = {"virtual thunk to ", "non-virtual thunk to ",
		"covariant return thunk to ", "transaction clone for "};

	for (size_t i = 0; i < sizeof thunks / sizeof *thunks; i++)
		if (begins_with(text, thunks[i]))
			return strlen(thunks[i]);
	return 0;
}

size_t short_name(struct short_name *name, const char *full, size_t size)
{
	struct text whole = {full, size}, body = whole;
	size_t thunk = thunk_size(&whole), begin, end;

	name->pieces[0] = (struct name){full, size};
	cut_clones(&body);
	end = body.size;
	body.data += thunk;
	body.size -= thunk;
	cut_qualifiers(&body);
	if (memchr(full, 0, size) || !cut_parameters(&body))
		return 1;
	begin = name_begin(&body);
	name->pieces[0] = (struct name){full, thunk};
	name->pieces[1] = (struct name){body.data + begin, body.size - begin};
	name->pieces[2] = (struct name){full + end, size - end};
	return 3;
}

void short_names(struct snapshot *snapshot)
{
	struct short_name name;
	char *text = NULL;

	for (size_t i = 0; i < snapshot->frames.count; i++) {
		struct frame *frame = &snapshot->frames.items[i];
		size_t size = strings_size(snapshot->strings, frame->function), used = 0, n;

		n = short_name(&name, strings_get(snapshot->strings, frame->function), size);
		if (n == 1)
			continue;
		text = xrealloc(text, size + 1);
		for (size_t k = 0; k < n; k++) {
			memcpy(text + used, name.pieces[k].data, name.pieces[k].size);
			used += name.pieces[k].size;
		}
		frame->function = strings_add_bytes(snapshot->strings, text, used);
	}
	free(text);
}
