/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look at the file to be started. It only reads headers and the dynamic symbols, through the bounds-checked cursor,
 * since the file is anybody's. What it says is advice: the kernel and the dynamic linker decide.
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

/* The bytes [offset, offset + size) of the file, as a cursor that fails when they are not there. */
static struct cursor part(const struct file_view *file, uint64_t offset, uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return (struct cursor){ .failed = true };
	return cursor_over(file->data + offset, size);
}

static bool is_function(const Elf64_Sym *symbol)
{
	int type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

/* What the symbols tell of: a malloc that is defined here; a sanitizer's runtime, which may also be a library, that wants to be the first one. */
static enum program_kind look_for_malloc(const struct file_view *file, const Elf64_Shdr *symbols, const Elf64_Shdr *names)
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

static bool read_section(const struct file_view *file, const Elf64_Ehdr *head, uint64_t i, Elf64_Shdr *section)
{
	struct cursor at = part(file, head->e_shoff + i * sizeof *section, sizeof *section);
	const void *bytes = i < head->e_shnum ? cursor_bytes(&at, sizeof *section) : NULL;

	if (bytes)
		memcpy(section, bytes, sizeof *section);
	return bytes;
}

/* A malloc that is not exported (linked with -fvisibility=hidden) stands in .symtab alone. */
static enum program_kind own_malloc(const struct file_view *file, const Elf64_Ehdr *head)
{
	enum program_kind kind = PROGRAM_TRACEABLE, found;
	Elf64_Shdr symbols, names;

	for (uint64_t i = 0; read_section(file, head, i, &symbols); i++)
		if ((symbols.sh_type == SHT_DYNSYM || symbols.sh_type == SHT_SYMTAB) &&
			read_section(file, head, symbols.sh_link, &names) &&
			(found = look_for_malloc(file, &symbols, &names)) != PROGRAM_TRACEABLE)
			kind = kind == PROGRAM_SANITIZED ? kind : found;
	return kind;
}

static enum program_kind probe_elf(const struct file_view *file)
{
	Elf64_Ehdr head;
	bool dynamic = false, foreign_libc = false, loads = false;

	if (file->size < sizeof head)
		return PROGRAM_BROKEN;
	memcpy(&head, file->data, sizeof head);
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != EM_X86_64)
		return PROGRAM_FOREIGN;
	for (int i = 0; i < head.e_phnum; i++) {
		struct cursor at = part(file, head.e_phoff + (uint64_t)i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
		const void *bytes = cursor_bytes(&at, sizeof(Elf64_Phdr));
		Elf64_Phdr segment;

		if (!bytes)
			return PROGRAM_BROKEN;
		memcpy(&segment, bytes, sizeof segment);
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

/* A script's interpreter, malloc'ed; a script without "#!" is the shell's. */
static char *interpreter(const struct file_view *file)
{
	const char *text = (const char *)file->data;
	size_t size = file->size < 256 ? file->size : 256, at = 2, length;

	if (size < 2 || memcmp(text, "#!", 2) != 0)
		return xstrdup("/bin/sh");
	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	for (length = 0; at + length < size && !strchr(" \t\n", text[at + length]); length++)
		;
	return xstrndup(text + at, length);
}

static enum program_kind probe(const char *path, int depth)
{
	struct file_view file;
	struct error ignored = ERROR_INIT;
	enum program_kind kind;
	char *next;

	if (is_privileged(path))
		return PROGRAM_SETUID;
	if (depth > 4 || file_view_open(&file, path, SIZE_MAX, &ignored) < 0)
		return PROGRAM_UNREADABLE;
	if (file.size >= 4 && memcmp(file.data, ELFMAG, SELFMAG) == 0) {
		kind = probe_elf(&file);
	} else {
		next = interpreter(&file);
		kind = probe(next, depth + 1);
		free(next);
	}
	file_view_close(&file);
	return kind;
}

char *program_interpreter(const char *path)
{
	struct error ignored = ERROR_INIT;
	struct file_view file;
	char *found;

	if (file_view_open(&file, path, SIZE_MAX, &ignored) < 0)
		return NULL;
	found = file.size >= 4 && memcmp(file.data, ELFMAG, SELFMAG) == 0 ? NULL : interpreter(&file);
	file_view_close(&file);
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
