/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lists of what is standard. A new library or wrapper is one row. Patterns are fnmatch(3)'s, of
 * this file alone; what users write is matched by glob.h.
 */
#include "report/standard.h"

#include <fnmatch.h>
#include <string.h>

static const char *const modules[] = {"libc.so*", "libc-2.*.so", "libc.musl-*", "ld-linux*.so*",
	"ld-musl-*", "ld-2.*.so", "libpthread.so*", "libpthread-2.*.so", "libstdc++.so*",
	"libc++.so*", "libc++abi.so*", "libgcc_s.so*", "libjemalloc*.so*", "libtcmalloc*.so*",
	"libmimalloc*.so*", "libmemtrace.so*"};

static const char *const files[] = {"*/include/c++/*", "*/include/*/c++/*", "*/libstdc++-v3/*",
	"*/c++/v1/*", "*/libcxx/*", "*/libcxxabi/*", "/rustc/*/library/*", "*/rust/library/*",
	"*/rustlib/src/rust/*"};

static const char *const functions[] = {"malloc", "calloc", "realloc", "reallocarray", "strdup",
	"strndup", "asprintf", "vasprintf", "aligned_alloc", "posix_memalign", "memalign",
	"xmalloc", "xmalloc_*", "xcalloc", "xzalloc", "xnmalloc", "xrealloc", "xnrealloc",
	"x2nrealloc", "xreallocarray", "x2realloc", "xmemdup", "xmemdup0", "xstrdup", "xstrndup",
	"xasprintf", "xvasprintf", "ximalloc", "xicalloc", "xirealloc", "xpalloc", "safe_malloc",
	"safe_calloc", "safe_realloc", "g_malloc", "g_malloc0", "g_malloc_n", "g_malloc0_n",
	"g_try_malloc*", "g_realloc", "g_realloc_n", "g_strdup", "g_strndup", "g_slice_alloc",
	"g_slice_alloc0", "__rust_alloc*", "__rust_realloc", "__rdl_*", "__rg_*"};

/* Of a demangled name without its return type and arguments. */
static const char *const prefixes[] = {"std::", "__gnu_cxx::", "__cxxabiv1::", "operator new",
	"alloc::alloc::", "alloc::raw_vec::", "<alloc::", "core::alloc::"};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static bool matches(const char *const *patterns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

/* The name itself in "void std::vector<int, A<int> >::push_back(int const&)": behind the last space
 * that stands in no template arguments and before the function's own. An operator's name has spaces
 * of its own. */
static const char *bare_name(const char *function)
{
	const char *name = function;
	int depth = 0;

	for (const char *at = function; *at && !(*at == '(' && depth == 0); at++) {
		if (strncmp(at, "operator", 8) == 0)
			break;
		if (*at == '<')
			depth++;
		if (*at == '>' && depth > 0)
			depth--;
		if (*at == ' ' && depth == 0)
			name = at + 1;
	}
	return name;
}

bool standard_frame(const struct snapshot *snapshot, const struct frame *frame)
{
	const char *file = strings_get(snapshot->strings, frame->filename);
	const char *name = bare_name(strings_get(snapshot->strings, frame->function));

	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return matches(functions, LENGTH(functions), name) || matches(files, LENGTH(files), file);
}

bool standard_module(const struct snapshot *snapshot, const struct module *module)
{
	const char *path = strings_get(snapshot->strings, module->path);
	const char *slash = strrchr(path, '/');

	return matches(modules, LENGTH(modules), slash ? slash + 1 : path);
}
