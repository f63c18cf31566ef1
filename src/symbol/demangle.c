/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demangling through libiberty. It knows a name by how it begins; a C function is left alone, even
 * one that would pass for a mangled type ("i" is int for __cxa_demangle), since DMGL_TYPES is not
 * asked for. A symbol version behind the name
 * ("_Znwm@@GLIBCXX_3.4") is cut off first.
 *
 * Very long names are left as they are: what a demangler makes of them can be exponentially longer.
 * libiberty bounds its recursion itself (DMGL_NO_RECURSE_LIMIT is not given). About 1.5 µs a name.
 */
#include <stdlib.h>
#include <string.h>
#include <libiberty/demangle.h>
#include "base/memory.h"
#include "symbol/demangle.h"

#define NAME_MAX_LENGTH 16384
#define OPTIONS (DMGL_PARAMS | DMGL_ANSI)

char *demangle(const char *name)
{
	size_t length = strcspn(name, "@");
	char *plain, *result = NULL;

	if (length > NAME_MAX_LENGTH || length < 3 || name[0] != '_')
		return NULL;
	plain = xstrndup(name, length);
	if (plain[1] == 'D')
		result = dlang_demangle(plain, OPTIONS);
	else if (plain[1] == 'Z' || plain[1] == 'R' || plain[1] == '_' || plain[1] == 'G')
		result = cplus_demangle(plain, OPTIONS | DMGL_AUTO);
	free(plain);
	return result;
}
