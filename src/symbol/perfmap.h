/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of code that a program made at run time, from the map that it wrote for perf: lines "START SIZE NAME" in
 * hexadecimal, NAME up to the end of its line (Linux, tools/perf/Documentation/jit-interface.txt).
 */
#ifndef SYMBOL_PERFMAP_H
#define SYMBOL_PERFMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/rooted.h"

/* Who may have written it, and when. Our own user and root always may. */
struct perfmap_rules {
	uint32_t uid;       /* of the program; UINT32_MAX: not known */
	uint64_t not_before_ns; /* CLOCK_REALTIME: one that nobody has written to since is another program's of that pid; 0: any */
};

/*
 * 0, and in *fd the map, or -1 where there is none. -1 and an error where there is something that is not to be read: no regular
 * file, or against the rules. Never blocks, never follows a symbolic link in the last component, and wakes nobody who waits
 * at a FIFO.
 */
int perfmap_open(const struct rooted *file, const struct perfmap_rules *rules, int *fd, struct error *err);

struct perfmap_name {
	uint64_t address; /* of an instruction */
	char *name;       /* NULL: not known; else the caller's to free: any bytes but NUL, at most PERFMAP_NAME_MAX of them */
};
#ifndef PERFMAP_NAME_MAX /* the fuzzer has less, of both */
#define PERFMAP_NAME_MAX 4096
#define PERFMAP_PART (1 << 20)
#endif
#define PERFMAP_READ_MAX (256ull << 20)

/*
 * Names those of the N that have none yet; they stand in ascending order of address. Where entries overlap the last one in the
 * file counts: code moves, and its place is used again. What is no entry is passed over, as is a last line without its end. Of a
 * larger map the last READ_MAX bytes alone are read (PERFMAP_READ_MAX but for tests). *cut: there was more, and a name might have
 * been in it. The map may grow, shrink or change meanwhile. Memory: a few MB and the names; time: one pass over what is read.
 */
void perfmap_read(int fd, struct perfmap_name *names, size_t n, uint64_t read_max, bool *cut);

#endif
