/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See splicing.h. The library for static programs stands beside that for dynamic ones. What a program is, is asked of the image that the
 * kernel has made, by /proc/PID/exe: a script's interpreter may be the static one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "base/memory.h"
#include "cmd/splicing.h"
#include "cmd/log.h"
#include "cmd/shim_path.h"
#include "remote/splice_in.h"

bool splicing_suits(enum program_kind kind)
{
	return kind == PROGRAM_STATIC || kind == PROGRAM_OTHER_LIBC || kind == PROGRAM_OWN_MALLOC;
}

/* -1, or where it can run untraced, 0. */
static int refuse(struct splicing *splicing, struct error *err)
{
	if (splicing->kind != PROGRAM_OWN_MALLOC) {
		err->status = EXIT_MEMTRACE_FAILED;
		return error_prefix(err, splicing->kind == PROGRAM_STATIC ? "cannot trace '%s', a static program" :
			"cannot trace '%s', a program of another C library", splicing->name);
	}
	log_say("'%s' is not traced: it is bringing its own malloc, and %s", splicing->name, err->text);
	splicing->unwatched = xasprintf("its own malloc is not watched: %s", err->text);
	return 0;
}

int splicing_begin(struct splicing *splicing, struct target *target, struct target_program *program, struct error *err)
{
	if (birth_seize(&splicing->birth, target->pid, err) < 0)
		return refuse(splicing, err);
	program->attend = birth_attend;
	program->attend_data = &splicing->birth;
	splicing->held = true;
	return 0;
}

/* Can its malloc be found? */
static int look(const struct object *program, struct error *err)
{
	if (object_find(program, "malloc"))
		return 0;
	if (object_section(program, ".gopclntab") || object_section(program, ".note.go.buildid"))
		return error_status(err, EXIT_MEMTRACE_FAILED, "it is written in Go, which has no malloc");
	if (!object_section(program, ".symtab"))
		return error_status(err, EXIT_MEMTRACE_FAILED, "it is stripped of its symbols, by which its malloc would be found");
	/* One that never allocates. */
	return 0;
}

/* Another C library is traced if it is its own dynamic linker, as musl's is. */
static int open_linker(const struct object *program, struct object *linker, struct error *err)
{
	const char *path = object_interpreter(program);

	if (!path || object_open(linker, path, err) < 0)
		return error_set(err, "its dynamic linker cannot be read");
	if (object_find(linker, "malloc"))
		return 0;
	object_close(linker);
	return error_set(err, "it is linked with another C library than glibc and musl");
}

int splicing_check(enum program_kind kind, const char *path, struct error *err)
{
	struct object program, linker;
	int result;

	if (object_open(&program, path, err) < 0)
		return -1;
	if (kind == PROGRAM_OTHER_LIBC && !object_find(&program, "malloc")) {
		result = open_linker(&program, &linker, err);
		if (result == 0)
			object_close(&linker);
	} else {
		result = look(&program, err);
	}
	object_close(&program);
	return result;
}

static int splice_program(struct splicing *splicing, const struct object *program, struct splice_made *made, struct error *err)
{
	char *library = shim_path_static();
	struct splice_in wish = { .program = program, .library = library, .preload = splicing->preload,
		.lay = splicing->kind != PROGRAM_OWN_MALLOC };
	struct object linker;
	int result;

	if (splicing->kind == PROGRAM_OTHER_LIBC && !object_find(program, "malloc")) {
		result = open_linker(program, &linker, err);
		wish.owner = &linker;
	} else {
		result = look(program, err);
	}
	if (result == 0)
		result = splice_in(&splicing->birth, &wish, made, err);
	if (result == 0 && wish.owner)
		object_close(&linker);
	free(library);
	return result;
}

static int splice_it(struct splicing *splicing, struct pool *pool, struct error *err)
{
	char path[64];
	struct object program;
	struct splice_made made;
	int result;

	snprintf(path, sizeof path, "/proc/%d/exe", (int)splicing->birth.pid);
	if (object_open(&program, path, err) < 0)
		return -1;
	result = splice_program(splicing, &program, &made, err);
	object_close(&program);
	if (result < 0)
		return -1;
	splicing->unwatched = made.unwatched;
	atomic_store(&pool->head->splice, made.at);
	return 0;
}

int splicing_finish(struct splicing *splicing, struct pool *pool, struct error *err)
{
	struct birth *birth = &splicing->birth;
	int result = 0;

	/* How it ended is the collector's to find. */
	if (!splicing->held || birth->ended)
		return 0;
	if (birth_hold(birth, err) == 0) {
		splicing->made = splice_it(splicing, pool, err) == 0;
		if (!splicing->made)
			result = refuse(splicing, err);
		if (result == 0 && birth_release(birth, err) == 0)
			return 0;
	}
	if (birth->ended)
		return 0;
	kill(birth->pid, SIGKILL);
	waitpid(birth->pid, NULL, __WALL);
	err->status = EXIT_MEMTRACE_FAILED;
	return -1;
}
