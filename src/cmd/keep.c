/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See keep.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "cmd/keep.h"

/* Under NAME, or the next free one, which NAME then is. */
static int write_as(char **name, const struct buffer *bytes, enum file_replace replace, struct error *err)
{
	char *first = xstrdup(*name);
	int result = -1;

	for (int i = 2; i < KEEP_NAMES_TRIED; i++) {
		result = file_write(*name, bytes->data, bytes->size, replace, err);
		if (result == 0 || replace == FILE_REPLACE || access(*name, F_OK) < 0)
			break;
		free(*name);
		*name = xasprintf("%s.%d", first, i);
	}
	free(first);
	return result;
}

static void keep_elsewhere(const char *name, const struct buffer *bytes, struct error *err)
{
	const char *folder = getenv("TMPDIR"), *slash = strrchr(name, '/');
	char *other = xasprintf("%s/%s", folder && *folder ? folder : "/tmp", slash ? slash + 1 : name);
	struct error ignored = ERROR_INIT;

	if (write_as(&other, bytes, FILE_REFUSE_EXISTING, &ignored) == 0)
		error_hint(err, "the snapshot was kept as %s", other);
	free(other);
}

int keep_as(char **name, const struct buffer *bytes, enum file_replace replace, struct error *err)
{
	if (write_as(name, bytes, replace, err) == 0)
		return 0;
	keep_elsewhere(*name, bytes, err);
	return -1;
}
