/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See runtime.h. The collector looks at the first program in the same way before it starts it; what
 * that one starts in turn, only we can keep away from. The names of the libraries that the file
 * needs are looked at: ten reads of some hundred bytes, where the exec itself costs a hundred times
 * that. A script counts as its interpreter. What cannot be read, or is no such file, refuses nothing.
 *
 * It may run on a small stack (a handler of crashes that starts a debugger) and between vfork and
 * exec: so its buffers are the caller's.
 */
#include "shim/runtime.h"
#include "shim/sys.h"

enum { SCRIPTS = 4 /* that are each other's interpreters */ };

static size_t begins(const char *text, const char *prefix)
{
	size_t i = 0;

	while (prefix[i] && text[i] == prefix[i])
		i++;
	return prefix[i] ? 0 : i;
}

/* gcc's, and clang's. */
bool runtime_is(const char *name)
{
	static const char *const names[] = {"libasan.so", "libhwasan.so", "libtsan.so",
		"liblsan.so", "libclang_rt.asan", "libclang_rt.hwasan", "libclang_rt.tsan",
		"libclang_rt.msan"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (begins(name, names[i]))
			return true;
	return false;
}

/* All or nothing of SIZE bytes at OFFSET. */
static bool read_at(int fd, void *data, size_t size, uint64_t offset)
{
	return SYS_CALL(SYS_pread64, fd, (long)data, (long)size, (long)offset) == (long)size;
}

/* As many entries as fit; how many there are. */
static size_t read_entries(int fd, struct runtime_work *work, uint64_t offset)
{
	long n = SYS_CALL(SYS_pread64, fd, (long)work->entries, sizeof work->entries, (long)offset);

	return sys_failed(n) ? 0 : (size_t)n / sizeof *work->entries;
}

/* The segment of TYPE, or of PT_LOAD the one that holds ADDRESS in the file. */
static const Elf64_Phdr *find_segment(
	const struct runtime_work *work, uint32_t type, uint64_t address)
{
	for (unsigned int i = 0; i < work->head.e_phnum; i++) {
		const Elf64_Phdr *segment = &work->segments[i];

		if (segment->p_type == type &&
			(type != PT_LOAD || address - segment->p_vaddr < segment->p_filesz))
			return segment;
	}
	return NULL;
}

/* Where in the file the strings are that DYNAMIC speaks of; 0: nowhere. */
static uint64_t find_strings(int fd, struct runtime_work *work, const Elf64_Phdr *dynamic)
{
	uint64_t at = dynamic->p_offset, end = at + dynamic->p_filesz;
	size_t n;

	for (; at < end && (n = read_entries(fd, work, at)) > 0; at += sizeof work->entries)
		for (size_t i = 0; i < n && work->entries[i].d_tag != DT_NULL; i++) {
			uint64_t address = work->entries[i].d_un.d_ptr;
			const Elf64_Phdr *segment;

			if (work->entries[i].d_tag != DT_STRTAB)
				continue;
			segment = find_segment(work, PT_LOAD, address);
			return segment ? segment->p_offset + (address - segment->p_vaddr) : 0;
		}
	return 0;
}

static bool is_runtime_at(int fd, struct runtime_work *work, uint64_t offset)
{
	long n = SYS_CALL(SYS_pread64, fd, (long)work->name, sizeof work->name - 1, (long)offset);

	if (sys_failed(n))
		return false;
	work->name[n] = '\0';
	return runtime_is(work->name);
}

/* A dynamic linker that is not our libc's: musl's ends a program whose preloaded library it cannot
 * link. */
static bool is_linker_foreign(int fd, struct runtime_work *work, const Elf64_Phdr *segment)
{
	const char *name = work->line;
	size_t size = sizeof work->line - 1;
	long n;

	if (segment->p_filesz < size)
		size = segment->p_filesz;
	n = SYS_CALL(SYS_pread64, fd, (long)work->line, (long)size, (long)segment->p_offset);
	if (sys_failed(n))
		return false;
	work->line[n] = '\0';
	for (const char *at = work->line; *at; at++)
		if (*at == '/')
			name = at + 1;
	return !begins(name, "ld-linux-x86-64");
}

static bool needs_runtime(int fd, struct runtime_work *work)
{
	const Elf64_Phdr *dynamic = find_segment(work, PT_DYNAMIC, 0);
	uint64_t strings, at, end;
	size_t n;

	if (!dynamic || !(strings = find_strings(fd, work, dynamic)))
		return false;
	at = dynamic->p_offset;
	end = at + dynamic->p_filesz;
	for (; at < end && (n = read_entries(fd, work, at)) > 0; at += sizeof work->entries)
		for (size_t i = 0; i < n; i++) {
			const Elf64_Dyn *entry = &work->entries[i];

			if (entry->d_tag == DT_NULL)
				return false;
			if (entry->d_tag == DT_NEEDED &&
				is_runtime_at(fd, work, strings + entry->d_un.d_val))
				return true;
		}
	return false;
}

static bool elf_refuses(int fd, struct runtime_work *work)
{
	const size_t most = sizeof work->segments / sizeof *work->segments;
	const Elf64_Ehdr *head = &work->head;
	const Elf64_Phdr *linker;

	/* The dynamic linker of another architecture would complain of ours. */
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != EM_X86_64)
		return true;
	if (head->e_phentsize != sizeof *work->segments || head->e_phnum > most ||
		!read_at(fd, work->segments, head->e_phnum * sizeof *work->segments, head->e_phoff))
		return false;
	linker = find_segment(work, PT_INTERP, 0);
	return linker && (is_linker_foreign(fd, work, linker) || needs_runtime(fd, work));
}

/* The interpreter that the script at FD names in its first line; NULL: it is none. */
static char *interpreter(int fd, struct runtime_work *work)
{
	char *line = work->line, *name, *end;
	long n = SYS_CALL(SYS_pread64, fd, (long)line, sizeof work->line - 1, 0);

	if (n < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = '\0';
	for (name = line + 2; *name == ' ' || *name == '\t'; name++)
		;
	for (end = name; *end && *end != ' ' && *end != '\t' && *end != '\n'; end++)
		;
	*end = '\0';
	return name;
}

static bool is_file(int fd, const char *path)
{
	struct stat status;

	return SYS_CALL(SYS_newfstatat, fd, (long)path, (long)&status, 0) == 0 &&
	       S_ISREG(status.st_mode);
}

/* Only files are opened: of anything else opening alone may be an act. */
static int open_file(int fd, const char *path)
{
	long opened = is_file(fd, path) ? SYS_CALL(SYS_openat, fd, (long)path,
						  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
					: -1;

	return sys_failed(opened) ? -1 : (int)opened;
}

bool runtime_refuses_us(struct runtime_work *work, int fd, const char *path)
{
	int at = *path ? open_file(fd, path) : fd;
	bool ours = *path, refuses = false;

	for (int scripts = 0; at >= 0 && scripts < SCRIPTS; scripts++) {
		const char *next = NULL;

		if (read_at(at, &work->head, sizeof work->head, 0) &&
			begins((const char *)work->head.e_ident, ELFMAG))
			refuses = elf_refuses(at, work);
		else
			next = interpreter(at, work);
		if (ours)
			sys_close(at);
		at = next ? open_file(AT_FDCWD, next) : -1;
		ours = true;
	}
	if (at >= 0 && ours)
		sys_close(at);
	return refuses;
}

const char *runtime_search(struct runtime_work *work, const char *file, const char *folders)
{
	size_t length = 0, n;

	while (file[length])
		if (file[length++] == '/')
			return file;
	for (;; folders += n + 1) {
		char *to = work->path;

		for (n = 0; folders[n] && folders[n] != ':'; n++)
			;
		if (n + length + 2 <= sizeof work->path) {
			for (size_t i = 0; i < n; i++)
				*to++ = folders[i];
			if (n > 0)
				*to++ = '/';
			for (size_t i = 0; i <= length; i++)
				*to++ = file[i];
			if (is_file(AT_FDCWD, work->path) &&
				SYS_CALL(SYS_faccessat, AT_FDCWD, (long)work->path, 1 /* X_OK */) ==
					0)
				return work->path;
		}
		if (!folders[n])
			return file;
	}
}
