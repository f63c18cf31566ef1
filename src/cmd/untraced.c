/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ask record/program.h, so a file that is gone by now is passed over. A forked image is what its parent was.
 */
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "cmd/untraced.h"
#include "record/program.h"

/* NULL unknown. The first module that the library tells is the executable, also of a process that ended too soon for a look at
 * /proc. */
static const char *executable(const struct image *image)
{
	if (image->executable || !image->modules.count)
		return image->executable;
	return image->modules.items[0].path;
}

/* What a name in /proc/self stands for where it was said: here it would be ours. NULL unknown. */
static const char *its_own(const struct image *image, const char *path)
{
	return strcmp(path, "/proc/self/exe") == 0 ? executable(image) : path;
}

void untraced_name(struct image *image, bool became, bool follows)
{
	const char *silent = follows ? "it was started without memtrace's environment" : "--follow leaves it out";

	for (size_t i = 0; i < image->pending_execs.count; i++) {
		const char *path = its_own(image, image->pending_execs.items[i]), *reason;
		bool last = became && i + 1 == image->pending_execs.count;
		enum program_kind kind;
		struct image_follow *follow;

		if (!path || access(path, X_OK) < 0)
			continue;
		kind = program_probe(path, &reason);
		if (kind == PROGRAM_TRACEABLE && !last)
			continue;
		follow = ARRAY_PUSH(&image->follows);
		follow->pid = last ? image->pid : 0;
		follow->image = last ? image->number + 1 : 0;
		follow->program = xstrdup(path);
		follow->why = xstrdup(kind == PROGRAM_TRACEABLE ? silent : reason);
	}
}

/* Tools of valgrind that replace malloc do so under everybody's feet, with a library of their own beside that of all tools. */
static bool valgrind_replaces(const struct image *image)
{
	static const char begin[] = "vgpreload_", of_all_tools[] = "vgpreload_core";

	for (size_t i = 0; i < image->modules.count; i++) {
		const char *path = image->modules.items[i].path, *slash = path ? strrchr(path, '/') : NULL;

		if (slash && strncmp(slash + 1, begin, strlen(begin)) == 0 &&
			strncmp(slash + 1, of_all_tools, strlen(of_all_tools)) != 0)
			return true;
	}
	return false;
}

/* The library asks the dynamic linker whose malloc there is: it cannot know of one that is not exported. */
void untraced_probe(struct image *image)
{
	const char *path = executable(image), *reason;

	enum program_kind kind = path && !image->forked ? program_probe(path, &reason) : PROGRAM_TRACEABLE;

	if (kind == PROGRAM_OWN_MALLOC || kind == PROGRAM_SANITIZED)
		image_problem(image, "the program brings its own malloc, which an injected library cannot watch");
	if (valgrind_replaces(image))
		image_problem(image, "the program ran under a tool of valgrind that takes the place of malloc");
}
