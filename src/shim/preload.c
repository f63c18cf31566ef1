/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See preload.h. LD_PRELOAD names us as ld.so knows us; names are separated by colons or blanks.
 */
#include "shim/lookup.h"
#include "shim/preload.h"
#include "shim/runtime.h"

static const char variable[] = "LD_PRELOAD=";

static size_t length_of(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

const char *preload_variable(char *const *envp, const char *name)
{
	for (; envp && *envp; envp++) {
		size_t i = 0;

		while (name[i] && (*envp)[i] == name[i])
			i++;
		if (!name[i])
			return *envp + i;
	}
	return NULL;
}

static bool is_separator(char c)
{
	return c == ':' || c == ' ';
}

/* The next name of a list from *AT on, its length in *N; NULL: that was all. */
static const char *next_name(const char **at, size_t *n)
{
	const char *name;

	while (is_separator(**at))
		++*at;
	for (name = *at; **at && !is_separator(**at); ++*at)
		;
	*n = (size_t)(*at - name);
	return *n ? name : NULL;
}

static bool is_us(const char *name, size_t n, const char *us)
{
	size_t i = 0;

	while (i < n && us[i] == name[i])
		i++;
	return i == n && !us[n];
}

bool preload_names_us(char *const *envp, bool *runtime)
{
	const struct link_map *self = lookup_self();
	const char *list = preload_variable(envp, variable), *name;
	bool named = false;
	size_t n;

	*runtime = false;
	if (!self || !list)
		return false;
	while ((name = next_name(&list, &n))) {
		const char *base = name;

		named |= is_us(name, n, self->l_name);
		for (size_t i = 0; i < n; i++)
			if (name[i] == '/')
				base = name + i + 1;
		*runtime |= runtime_is(base);
	}
	return named;
}

/* "LD_PRELOAD=" and LIST without us, at TO; false: nothing is left of it. */
static bool write_list(char *to, const char *list, const char *us)
{
	char *first;
	const char *name;
	size_t n;

	for (const char *from = variable; *from; from++)
		*to++ = *from;
	first = to;
	while ((name = next_name(&list, &n))) {
		if (is_us(name, n, us))
			continue;
		if (to != first)
			*to++ = ':';
		for (size_t i = 0; i < n; i++)
			*to++ = name[i];
	}
	*to = '\0';
	return to != first;
}

size_t preload_copy_bytes(char *const *envp)
{
	size_t n = 0;

	while (envp[n])
		n++;
	return (n + 1) * sizeof *envp + length_of(variable) +
	       length_of(preload_variable(envp, variable)) + 1;
}

char *const *preload_copy(void *memory, size_t bytes, char *const *envp)
{
	const char *list = preload_variable(envp, variable);
	const struct link_map *self = lookup_self();
	char **copy = memory, *text;
	size_t n = 0, count = 0;

	if (!list || !self || preload_copy_bytes(envp) > bytes)
		return envp;
	while (envp[n])
		n++;
	text = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++)
		if (envp[i] + sizeof variable - 1 != list)
			copy[count++] = envp[i];
		else if (write_list(text, list, self->l_name))
			copy[count++] = text;
	copy[count] = NULL;
	return copy;
}
