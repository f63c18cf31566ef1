/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See unwind_info.h. A module is a row of mappings of one file that begins with an ELF header; its segments say where the
 * header lies (PT_GNU_EH_FRAME). The vdso is one as well. What is read is the process's word: whatever does not fit is no table, and
 * whatever is wrong in one costs a stack.
 */
#include <elf.h>
#include <string.h>
#include "remote/peek.h"
#include "remote/unwind_info.h"

enum { SEGMENTS_MAX = 64, ROWS_MAX = 1 << 26 };
enum { PCREL_SDATA4 = 0x1b, UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b }; /* DW_EH_PE_… (LSB, "DWARF Extensions") */

void unwind_infos_open(struct unwind_infos *infos, pid_t pid)
{
	memset(infos, 0, sizeof *infos);
	infos->pid = pid;
	maps_read(&infos->maps, pid, &(struct error)ERROR_INIT);
}

void unwind_infos_close(struct unwind_infos *infos)
{
	maps_free(&infos->maps);
	ARRAY_FREE(&infos->found);
}

/* The mapping that the module of ENTRY begins with: of the same file, from its beginning, with nothing of others between. */
static const struct maps_entry *first_of(const struct unwind_infos *infos, const struct maps_entry *entry)
{
	const struct maps_entry *first = entry;

	while (first->offset && first > infos->maps.entries.items && first[-1].inode == entry->inode &&
		strcmp(first[-1].path, entry->path) == 0)
		first--;
	return first;
}

static void read_header(struct unwind_info *info, pid_t pid, uint64_t header)
{
	struct { uint8_t version, frame, count, table; int32_t distance; uint32_t rows; } head;

	if (!peek(pid, header, &head, sizeof head) || head.version != 1 || head.frame != PCREL_SDATA4 || head.count != UDATA4 ||
		head.table != DATAREL_SDATA4 || head.rows > ROWS_MAX)
		return;
	info->header = header;
	info->table = header + sizeof head;
	info->rows = head.rows;
}

static struct unwind_info read_module(pid_t pid, const struct maps_entry *first, uint64_t end)
{
	struct unwind_info info = { .start = first->start, .end = end };
	Elf64_Phdr segments[SEGMENTS_MAX];
	const Elf64_Phdr *frames = NULL;
	uint64_t bias = first->start;
	Elf64_Ehdr head;

	if (!peek(pid, first->start, &head, sizeof head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
		head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof *segments || head.e_phnum > SEGMENTS_MAX ||
		!peek(pid, first->start + head.e_phoff, segments, head.e_phnum * sizeof *segments))
		return info;
	for (int i = head.e_phnum - 1; i >= 0; i--) {
		if (segments[i].p_type == PT_GNU_EH_FRAME)
			frames = &segments[i];
		if (segments[i].p_type == PT_LOAD)
			bias = first->start - (segments[i].p_vaddr - segments[i].p_offset);
	}
	if (frames)
		read_header(&info, pid, bias + frames->p_vaddr);
	return info;
}

const struct unwind_info *unwind_infos_find(struct unwind_infos *infos, uint64_t pc)
{
	const struct maps_entry *entry, *first;

	for (size_t i = 0; i < infos->found.count; i++)
		if (pc - infos->found.items[i].start < infos->found.items[i].end - infos->found.items[i].start)
			return &infos->found.items[i];
	entry = maps_find(&infos->maps, pc);
	if (!entry || !*entry->path)
		return NULL;
	first = first_of(infos, entry);
	*ARRAY_PUSH(&infos->found) = read_module(infos->pid, first, maps_file_end(&infos->maps, first));
	return &infos->found.items[infos->found.count - 1];
}
