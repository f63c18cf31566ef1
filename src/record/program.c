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
	ARRAY(void *) parts; /* what has been read of it */
};

/* No table of a program is longer; what claims to be is not read. */
#define PART_MAX ((uint64_t)1 << 30)

static int file_begin(struct program_file *file, const char *path)
{
	struct error ignored = ERROR_INIT;

	*file = (struct program_file){ 0 };
	return file->fd = file_open(path, &file->size, &ignored);
}

static void file_end(struct program_file *file)
{
	for (size_t i = 0; i < file->parts.count; i++)
		free(file->parts.items[i]);
	ARRAY_FREE(&file->parts);
	close(file->fd);
}

/* The bytes [offset, offset + size) of the file, as a cursor that fails when they are not there; until file_end. */
static struct cursor part(struct program_file *file, uint64_t offset, uint64_t size)
{
	bool there = offset <= file->size && size <= file->size - offset && size <= PART_MAX;
	void *bytes = there ? file_read_part(file->fd, offset, size) : NULL;

	if (!bytes)
		return (struct cursor){ .failed = true };
	*ARRAY_PUSH(&file->parts) = bytes;
	return cursor_over(bytes, size);
}

static bool is_function(const Elf64_Sym *symbol)
{
	int type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

/* What the symbols tell of: a malloc that is defined here; a sanitizer's runtime, which may also be a library, that wants to be the first one. */
static enum program_kind look_for_malloc(struct program_file *file, const Elf64_Shdr *symbols, const Elf64_Shdr *names)
{
	static const char *const own[] = { "malloc", "__asan_init", "__tsan_init", "__msan_init", "__hwasan_init",
		"__lsan_init" };
	enum program_kind kind = PROGRAM_TRACEABLE;
	struct cursor texts = part(file, names->sh_offset, names->sh_size);
	struct cursor at = part(file, symbols->sh_offset, symbols->sh_size);

	for (uint64_t i = 0; i < symbols->sh_size / sizeof(Elf64_Sym); i++) {
		const Elf64_Sym *entry = cursor_bytes(&at, sizeof *entry);
		Elf64_Sym symbol;

		if (!entry)
			return kind;
		memcpy(&symbol, entry, sizeof symbol);
		if (symbol.st_name >= cursor_left(&texts))
			continue;
		for (size_t k = !is_function(&symbol); k < sizeof own / sizeof *own; k++) {
			size_t length = strlen(own[k]) + 1;

			if (cursor_left(&texts) - symbol.st_name >= length &&
				memcmp(texts.at + symbol.st_name, own[k], length) == 0)
				kind = k > 0 || kind == PROGRAM_SANITIZED ? PROGRAM_SANITIZED : PROGRAM_OWN_MALLOC;
		}
	}
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
static enum program_kind own_malloc(struct program_file *file, const Elf64_Ehdr *head)
{
	enum program_kind kind = PROGRAM_TRACEABLE, found;
	struct cursor sections = part(file, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr));
	Elf64_Shdr symbols, names;

	for (uint64_t i = 0; section_of(&sections, i, &symbols); i++)
		if ((symbols.sh_type == SHT_DYNSYM || symbols.sh_type == SHT_SYMTAB) &&
			section_of(&sections, symbols.sh_link, &names) &&
			(found = look_for_malloc(file, &symbols, &names)) != PROGRAM_TRACEABLE)
			kind = kind == PROGRAM_SANITIZED ? kind : found;
	return kind;
}

static enum program_kind probe_elf(struct program_file *file)
{
	Elf64_Ehdr head;
	struct cursor at = part(file, 0, sizeof head), segments;
	bool dynamic = false, foreign_libc = false, loads = false;

	if (!cursor_ok(&at))
		return PROGRAM_BROKEN;
	memcpy(&head, at.at, sizeof head);
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != EM_X86_64)
		return PROGRAM_FOREIGN;
	segments = part(file, head.e_phoff, (uint64_t)head.e_phnum * sizeof(Elf64_Phdr));
	if (!cursor_ok(&segments))
		return PROGRAM_BROKEN;
	for (int i = 0; i < head.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, cursor_bytes(&segments, sizeof segment), sizeof segment);
		loads |= segment.p_type == PT_LOAD;
		if (segment.p_type != PT_INTERP)
			continue;
		dynamic = true;
		at = part(file, segment.p_offset, segment.p_filesz);
		foreign_libc = cursor_ok(&at) && !memmem(at.at, cursor_left(&at), "ld-linux", 8);
	}
	if (!loads)
		return PROGRAM_BROKEN;
	if (!dynamic)
		return PROGRAM_STATIC;
	if (foreign_libc)
		return PROGRAM_OTHER_LIBC;
	return own_malloc(file, &head);
}

/* A script's interpreter, malloc'ed; a script without "#!" is the shell's. NULL: an ELF file. */
static char *interpreter(struct program_file *file)
{
	uint64_t size = file->size < 256 ? file->size : 256, at = 2, length;
	struct cursor begin = part(file, 0, size);
	const char *text = (const char *)begin.at;

	if (cursor_ok(&begin) && size >= SELFMAG && memcmp(text, ELFMAG, SELFMAG) == 0)
		return NULL;
	if (!cursor_ok(&begin) || size < 2 || memcmp(text, "#!", 2) != 0)
		return xstrdup("/bin/sh");
	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	for (length = 0; at + length < size && !strchr(" \t\n", text[at + length]); length++)
		;
	return xstrndup(text + at, length);
}

static enum program_kind probe(const char *path, int depth)
{
	struct program_file file;
	enum program_kind kind;
	char *next;

	if (is_privileged(path))
		return PROGRAM_SETUID;
	if (depth > 4 || file_begin(&file, path) < 0)
		return PROGRAM_UNREADABLE;
	next = interpreter(&file);
	kind = next ? probe(next, depth + 1) : probe_elf(&file);
	free(next);
	file_end(&file);
	return kind;
}

char *program_interpreter(const char *path)
{
	struct program_file file;
	char *found;

	if (file_begin(&file, path) < 0)
		return NULL;
	found = interpreter(&file);
	file_end(&file);
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
