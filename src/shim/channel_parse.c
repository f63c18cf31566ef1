/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of WIRE_ENVIRONMENT, see wire.h. Whoever made the environment is not trusted: what is
 * not exactly of that form is no address. Needs nothing, so that it can be tested by itself. */
#include "shim/channel.h"

enum { FIELDS = 7, KEY_DIGITS = 16 };

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 99;
}

/* A number of BASE up to END; NULL when it is none or too large. */
static const char *number(const char *text, int base, char end, uint64_t *value)
{
	const char *at = text;

	for (*value = 0; *at && digit_of(*at) < base; at++) {
		unsigned int digit = (unsigned int)digit_of(*at);

		if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
			__builtin_add_overflow(*value, digit, value))
			return NULL;
	}
	if (at == text || *at != end || (base == 16 && at - text != KEY_DIGITS))
		return NULL;
	return at + 1;
}

bool channel_parse(const char *text, struct channel_address *address)
{
	uint64_t *fields[FIELDS] = {&address->version, &address->pid, &address->pool_fd,
		&address->pool_inode, &address->pipe_fd, &address->pipe_inode, &address->key};

	for (int i = 0; i < FIELDS && text; i++)
		text = number(
			text, i < FIELDS - 1 ? 10 : 16, i < FIELDS - 1 ? ':' : '\0', fields[i]);
	return text && address->pool_fd <= INT32_MAX && address->pipe_fd <= INT32_MAX &&
	       address->pid <= INT32_MAX;
}
