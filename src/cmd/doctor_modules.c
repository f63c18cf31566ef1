/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program's libraries are what its own dynamic linker lists (ld.so --list, which is what ldd asks: it loads, and runs nothing of
 * the program); a process's are its executable mappings. Which package brought a file dpkg knows, where there is one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmd/doctor.h"
#include "remote/maps.h"
#include "symbol/elf.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define LOOK_SECONDS 10

/* Runs ARGUMENTS for LOOK_SECONDS at most; its standard output, a line each, goes to SEE. Its exit status, or -1. */
static int read_lines(char *const *arguments, void (*see)(struct doctor *, char *), struct doctor *doctor)
{
	char *line = NULL;
	size_t room = 0;
	int pipe_ends[2], status;
	FILE *stream;
	pid_t pid;

	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(pipe_ends[1], 1);
		dup2(null, 2);
		alarm(LOOK_SECONDS);
		setenv("LC_ALL", "C", 1);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	close(pipe_ends[1]);
	stream = pid > 0 ? fdopen(pipe_ends[0], "re") : NULL;
	if (!stream)
		close(pipe_ends[0]);
	while (stream && getline(&line, &room, stream) > 0) {
		line[strcspn(line, "\n")] = 0;
		see(doctor, line);
	}
	free(line);
	if (stream)
		fclose(stream);
	if (pid <= 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void add_module(struct doctor *doctor, const char *path)
{
	for (size_t i = 0; i < doctor->modules.count; i++)
		if (strcmp(doctor->modules.items[i].path, path) == 0)
			return;
	*ARRAY_PUSH(&doctor->modules) = (struct doctor_module){.path = xstrdup(path), .build_id = xstrdup("")};
}

/* "	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", "	/lib64/ld-linux-x86-64.so.2 (0x…)", "	x.so => not found" */
static void see_library(struct doctor *doctor, char *line)
{
	char *path = strchr(line, '/'), *end = strstr(line, " (0x"), *arrow = strstr(line, " => ");

	if (arrow)
		path = arrow[4] == '/' ? arrow + 4 : NULL;
	if (!path || !end || end < path)
		return;
	*end = 0;
	add_module(doctor, path);
}

static void list_of_program(struct doctor *doctor)
{
	char *arguments[] = {LOADER, "--list", doctor->path, NULL};
	int status;

	add_module(doctor, doctor->path);
	if (doctor->kind == PROGRAM_STATIC || doctor->kind == PROGRAM_FOREIGN || doctor->kind == PROGRAM_OTHER_LIBC)
		return;
	status = read_lines(arguments, see_library, doctor);
	if (status != 0)
		doctor->no_modules = xasprintf("the dynamic linker cannot list its libraries: %s --list %s", LOADER, doctor->path);
}

static void list_of_process(struct doctor *doctor)
{
	struct error err = ERROR_INIT;
	struct maps maps;

	add_module(doctor, doctor->path);
	if (maps_read(&maps, doctor->pid, &err) < 0)
		doctor->no_modules = xstrdup(err.text);
	for (size_t i = 0; i < maps.entries.count; i++) {
		const struct maps_entry *entry = &maps.entries.items[i];

		if ((entry->protection & MAPS_EXECUTE) && entry->path[0] == '/')
			add_module(doctor, entry->path);
	}
	maps_free(&maps);
}

void doctor_list_modules(struct doctor *doctor)
{
	if (doctor->pid)
		list_of_process(doctor);
	else
		list_of_program(doctor);
}

/* ---- packages ---- */

/* "libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6" */
static void see_package(struct doctor *doctor, char *line)
{
	char *path = strstr(line, ": /"), *name = line, *real;

	if (!path)
		return;
	*path = 0;
	path += 2;
	name[strcspn(name, ":,")] = 0;
	for (size_t i = 0; i < doctor->modules.count; i++) {
		struct doctor_module *module = &doctor->modules.items[i];

		real = realpath(module->path, NULL);
		if (!module->package && (strcmp(module->path, path) == 0 || (real && strcmp(real, path) == 0) ||
			(strncmp(module->path, "/usr", 4) == 0 && strcmp(module->path + 4, path) == 0)))
			module->package = xstrdup(name);
		free(real);
	}
}

/* All in one question. /usr/lib/x may be known as /lib/x, and the other way round. */
static void find_packages(struct doctor *doctor)
{
	ARRAY(char *) arguments = {0};

	*ARRAY_PUSH(&arguments) = xstrdup("dpkg-query");
	*ARRAY_PUSH(&arguments) = xstrdup("--search");
	*ARRAY_PUSH(&arguments) = xstrdup("--");
	for (size_t i = 0; i < doctor->modules.count; i++) {
		const char *path = doctor->modules.items[i].path;
		char *real = realpath(path, NULL);

		*ARRAY_PUSH(&arguments) = xstrdup(path);
		if (strncmp(path, "/usr/", 5) == 0)
			*ARRAY_PUSH(&arguments) = xstrdup(path + 4);
		if (real && strcmp(real, path) != 0)
			*ARRAY_PUSH(&arguments) = xstrdup(real);
		free(real);
	}
	*ARRAY_PUSH(&arguments) = NULL;
	read_lines(arguments.items, see_package, doctor);
	for (size_t i = 0; i < arguments.count; i++)
		free(arguments.items[i]);
	ARRAY_FREE(&arguments);
}

/* ---- names ---- */

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void look_at(struct doctor_module *module, struct symbolizer *symbolizer)
{
	struct error err = ERROR_INIT;
	struct elf *elf = elf_open(module->path, &err);
	const struct symbol_module asked = {.path = module->path,
		.build_id = elf ? elf->build_id : NULL,
		.build_id_size = elf ? elf->build_id_size : 0};
	struct symbol_source source = symbolizer_source(symbolizer, symbolizer_module(symbolizer, &asked));

	if (elf && elf->build_id_size) {
		free(module->build_id);
		module->build_id = elf_id_text(elf->build_id, elf->build_id_size);
	}
	elf_close(elf);
	module->names = source.names;
	module->from = copy(source.from);
	module->why = copy(source.why);
	if (module->names != MODULE_NAMES_DWARF && strlen(module->build_id) > 2)
		module->debug_file = xasprintf("/usr/lib/debug/.build-id/%.2s/%s.debug", module->build_id, module->build_id + 2);
}

void doctor_look_at_modules(struct doctor *doctor, const struct symbolizer_options *options)
{
	struct symbolizer *symbolizer = symbolizer_new(options);

	for (size_t i = 0; i < doctor->modules.count; i++)
		look_at(&doctor->modules.items[i], symbolizer);
	symbolizer_free(symbolizer);
	find_packages(doctor);
}
