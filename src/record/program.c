/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look at the file to be started. It only reads headers and symbols, through the bounds-checked cursor, since the file is
 * anybody's; not the whole of it, since a compiler's has tens of megabytes and is looked at with each of its runs. What it says
 * is advice: the kernel and the dynamic linker decide.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "record/program.h"

static const char *const reasons[] = {
	[PROGRAM_TRACEABLE] = "a dynamic program",
	[PROGRAM_STATIC] = "a static program, nothing can be loaded into it",
	[PROGRAM_SETUID] = "set-user-ID, set-group-ID or has capabilities, so the dynamic linker ignores LD_PRELOAD",
	[PROGRAM_FOREIGN] = "not a 64-bit x86 program",
	[PROGRAM_OTHER_LIBC] = "linked with another C library than glibc",
	[PROGRAM_OWN_MALLOC] = "bringing its own malloc",
	[PROGRAM_SANITIZED] = "bringing its own malloc (a sanitizer's)",
	[PROGRAM_BROKEN] = "a damaged ELF file",
	[PROGRAM_UNREADABLE] = "not readable, so it cannot be looked at",
};

static int found(const char *name, const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_status(err, errno == EACCES ? EXIT_NOT_EXECUTABLE : EXIT_NOT_FOUND, "cannot run '%s': %s",
			name, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return error_status(err, EXIT_NOT_EXECUTABLE, "cannot run '%s': it is a directory", name);
	if (access(path, X_OK) < 0) {
		error_status(err, EXIT_NOT_EXECUTABLE, "cannot run '%s': %s", name, strerror(errno));
		return error_hint(err, "chmod +x %s", path);
	}
	return 0;
}

int program_find(const char *name, char **path, struct error *err)
{
	const char *search = getenv("PATH");
	bool denied = false;

	if (strchr(name, '/')) {
		*path = xstrdup(name);
		if (found(name, name, err) == 0)
			return 0;
		free(*path);
		return -1;
	}
	for (const char *at = search ? search : "/bin:/usr/bin"; *name; at++) {
		size_t length = strcspn(at, ":");
		char *candidate = length ? xasprintf("%.*s/%s", (int)length, at, name) : xasprintf("./%s", name);
		struct stat status;

		if (stat(candidate, &status) == 0 && S_ISREG(status.st_mode)) {
			if (access(candidate, X_OK) == 0) {
				*path = candidate;
				return 0;
			}
			denied = true;
		}
		free(candidate);
		at += length;
		if (!*at)
			break;
	}
	if (denied)
		return error_status(err, EXIT_NOT_EXECUTABLE, "cannot run '%s': not executable", name);
	error_status(err, EXIT_NOT_FOUND, "cannot run '%s': not found in PATH", name);
	if (access(name, X_OK) == 0)
		return error_hint(err, "there is one here: memtrace run ./%s", name);
	return -1;
}

static bool is_privileged(const char *path)
{
	struct stat status;
	char capability[64];

	if (stat(path, &status) < 0)
		return false;
	if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
		return true;
	if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
		return true;
	return getuid() != 0 && getxattr(path, "security.capability", capability, sizeof capability) > 0;
}

struct program_file {
	int fd;
	uint64_t size;
};

/* A part of it, and the cursor over that, which fails when it is not there. */
struct part {
	struct file_view view;
	struct cursor at;
};

static int file_begin(struct program_file *file, const char *path)
{
	struct error ignored = ERROR_INIT;

	return file->fd = file_open(path, &file->size, &ignored);
}

/* The bytes [offset, offset + size); for part_close. */
static struct part part_open(const struct program_file *file, uint64_t offset, uint64_t size)
{
	struct part part = { .at.failed = true };

	if (offset <= file->size && size <= file->size - offset && file_view_part(&part.view, file->fd, offset, size) == 0)
		part.at = cursor_over(part.view.data, size);
	return part;
}

static void part_close(struct part *part)
{
	if (cursor_ok(&part->at))
		file_view_close(&part->view);
}

/* As many bytes from OFFSET on as there are of SIZE. */
static uint64_t there(const struct program_file *file, uint64_t offset, uint64_t size)
{
	uint64_t most = offset < file->size ? file->size - offset : 0;

	return size < most ? size : most;
}

static bool is_function(const Elf64_Sym *symbol)
{
	int type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

/* By SYMBOL's name among TEXTS. Who is only referred to may be in a library. */
static enum program_kind kind_by(const struct cursor *texts, const Elf64_Sym *symbol, enum program_kind kind)
{
	static const char *const own[] = { "malloc", "__asan_init", "__tsan_init", "__msan_init", "__hwasan_init",
		"__lsan_init" };
	size_t most = cursor_left(texts);

	for (size_t i = !is_function(symbol); i < sizeof own / sizeof *own && symbol->st_name < most; i++) {
		size_t length = strlen(own[i]) + 1;

		if (most - symbol->st_name >= length && memcmp(texts->at + symbol->st_name, own[i], length) == 0)
			kind = i > 0 || kind == PROGRAM_SANITIZED ? PROGRAM_SANITIZED : PROGRAM_OWN_MALLOC;
	}
	return kind;
}

/* What the symbols tell of: a malloc that is defined here; a sanitizer's runtime, which may also be a library, that wants to be the first one. */
static enum program_kind look_for_malloc(const struct program_file *file, const Elf64_Shdr *symbols, const Elf64_Shdr *names)
{
	enum program_kind kind = PROGRAM_TRACEABLE;
	struct part texts = part_open(file, names->sh_offset, names->sh_size);
	struct part table = part_open(file, symbols->sh_offset, there(file, symbols->sh_offset, symbols->sh_size));
	Elf64_Sym symbol;

	while (cursor_ok(&texts.at) && cursor_left(&table.at) >= sizeof symbol) {
		memcpy(&symbol, cursor_bytes(&table.at, sizeof symbol), sizeof symbol);
		kind = kind_by(&texts.at, &symbol, kind);
	}
	part_close(&texts);
	part_close(&table);
	return kind;
}

static bool section_of(const struct cursor *table, uint64_t i, Elf64_Shdr *section)
{
	bool there = i < cursor_left(table) / sizeof *section;

	if (there)
		memcpy(section, table->at + i * sizeof *section, sizeof *section);
	return there;
}

/* A malloc that is not exported (linked with -fvisibility=hidden) stands in .symtab alone. */
static enum program_kind own_malloc(const struct program_file *file, const Elf64_Ehdr *head)
{
	enum program_kind kind = PROGRAM_TRACEABLE, found;
	struct part sections = part_open(file, head->e_shoff,
		there(file, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr)));
	Elf64_Shdr symbols, names;

	for (uint64_t i = 0; section_of(&sections.at, i, &symbols); i++)
		if ((symbols.sh_type == SHT_DYNSYM || symbols.sh_type == SHT_SYMTAB) &&
			section_of(&sections.at, symbols.sh_link, &names) &&
			(found = look_for_malloc(file, &symbols, &names)) != PROGRAM_TRACEABLE)
			kind = kind == PROGRAM_SANITIZED ? kind : found;
	part_close(&sections);
	return kind;
}

struct segments {
	bool dynamic, foreign_libc, loads, broken;
};

static bool names_other_libc(const struct program_file *file, const Elf64_Phdr *interpreter)
{
	struct part name = part_open(file, interpreter->p_offset, interpreter->p_filesz);
	bool other = cursor_ok(&name.at) && !memmem(name.at.at, cursor_left(&name.at), "ld-linux", 8);

	part_close(&name);
	return other;
}

static struct segments look_at_segments(const struct program_file *file, const Elf64_Ehdr *head)
{
	struct part table = part_open(file, head->e_phoff, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr));
	struct segments found = { .broken = !cursor_ok(&table.at) };
	Elf64_Phdr segment;

	while (cursor_left(&table.at) >= sizeof segment) {
		memcpy(&segment, cursor_bytes(&table.at, sizeof segment), sizeof segment);
		found.loads |= segment.p_type == PT_LOAD;
		if (segment.p_type != PT_INTERP)
			continue;
		found.dynamic = true;
		found.foreign_libc = names_other_libc(file, &segment);
	}
	part_close(&table);
	return found;
}

static enum program_kind probe_elf(const struct program_file *file)
{
	Elf64_Ehdr head;
	struct part begin = part_open(file, 0, sizeof head);
	struct segments segments;

	if (!cursor_ok(&begin.at))
		return PROGRAM_BROKEN;
	memcpy(&head, begin.at.at, sizeof head);
	part_close(&begin);
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != EM_X86_64)
		return PROGRAM_FOREIGN;
	segments = look_at_segments(file, &head);
	if (segments.broken || !segments.loads)
		return PROGRAM_BROKEN;
	if (!segments.dynamic)
		return PROGRAM_STATIC;
	return segments.foreign_libc ? PROGRAM_OTHER_LIBC : own_malloc(file, &head);
}

/* A script's interpreter, malloc'ed, in *NEXT; a script without "#!" is the shell's. NULL: an ELF file. -1: it cannot be read. */
static int interpreter(const struct program_file *file, char **next)
{
	uint64_t size = there(file, 0, 256), at = 2, length;
	struct part begin = part_open(file, 0, size);
	const char *text = (const char *)begin.at.at;

	*next = NULL;
	if (!cursor_ok(&begin.at))
		return -1;
	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	for (length = 0; at + length < size && !strchr(" \t\n", text[at + length]); length++)
		;
	if (size < 2 || memcmp(text, "#!", 2) != 0)
		*next = size >= SELFMAG && memcmp(text, ELFMAG, SELFMAG) == 0 ? NULL : xstrdup("/bin/sh");
	else
		*next = xstrndup(text + at, length);
	part_close(&begin);
	return 0;
}

static enum program_kind probe(const char *path, int depth)
{
	struct program_file file;
	enum program_kind kind = PROGRAM_UNREADABLE;
	char *next;

	if (is_privileged(path))
		return PROGRAM_SETUID;
	if (depth > 4 || file_begin(&file, path) < 0)
		return PROGRAM_UNREADABLE;
	if (interpreter(&file, &next) == 0)
		kind = next ? probe(next, depth + 1) : probe_elf(&file);
	free(next);
	close(file.fd);
	return kind;
}

char *program_interpreter(const char *path)
{
	struct program_file file;
	char *found;

	if (file_begin(&file, path) < 0)
		return NULL;
	interpreter(&file, &found);
	close(file.fd);
	return found;
}

enum program_kind program_probe(const char *path, const char **reason)
{
	enum program_kind kind = probe(path, 0);

	*reason = reasons[kind];
	return kind;
}

bool program_preloads_runtime(const char *list)
{
	/* gcc's, and clang's. */
	static const char *const runtimes[] = { "libasan.so", "libhwasan.so", "libtsan.so", "liblsan.so", "libclang_rt.asan",
		"libclang_rt.hwasan", "libclang_rt.tsan", "libclang_rt.msan" };
	static const char separators[] = ": ";

	for (const char *name = list; name && *name; name += strspn(name, separators)) {
		size_t length = strcspn(name, separators);
		const char *slash = memrchr(name, '/', length), *base = slash ? slash + 1 : name;

		for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
			if (strncmp(base, runtimes[i], strlen(runtimes[i])) == 0)
				return true;
		name += length;
	}
	return false;
}
