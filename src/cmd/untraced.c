/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ask record/program.h, so a file that is gone by now is passed over. A forked image is what its parent was.
 */
#include <unistd.h>
#include "base/memory.h"
#include "cmd/untraced.h"
#include "record/program.h"

void untraced_name(struct image *image, bool became)
{
	for (size_t i = 0; i < image->pending_execs.count; i++) {
		const char *path = image->pending_execs.items[i], *reason;
		bool last = became && i + 1 == image->pending_execs.count;
		enum program_kind kind = program_probe(path, &reason);
		struct image_follow *follow;

		if (access(path, X_OK) < 0 || (kind == PROGRAM_TRACEABLE && !last))
			continue;
		follow = ARRAY_PUSH(&image->follows);
		follow->pid = last ? image->pid : 0;
		follow->image = last ? image->number + 1 : 0;
		follow->program = xstrdup(path);
		follow->why = xstrdup(kind == PROGRAM_TRACEABLE ? "it was started without memtrace's environment" : reason);
	}
}

/* The library asks the dynamic linker whose malloc there is: it cannot know of one that is not exported. The first module
 * that it tells is the executable, also of a process that ended too soon for a look at /proc. */
void untraced_probe(struct image *image)
{
	const char *path = image->executable, *reason;

	if (!path && image->modules.count)
		path = image->modules.items[0].path;
	if (path && !image->forked && program_probe(path, &reason) == PROGRAM_OWN_MALLOC)
		image_problem(image, "the program brings its own malloc, which an injected library cannot watch");
}
