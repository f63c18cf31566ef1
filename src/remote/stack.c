/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See stack.h. libunwind's own accessors ask ptrace for each word and each register; ours answer registers from those that the
 * caller has, and memory from the piece of stack at the stack pointer, read at once; other memory (unwind tables) comes in pages.
 * libunwind-ptrace's own search reads the files that /proc/PID/maps names, which may be others, or none, where we look: so the tables
 * are looked for in the process, and only code without one there is left to it, where it sees the process's own file.
 *
 * Where a stack ends: its outermost frame says so (libc's start code has its return address undefined), and libunwind then
 * answers 0. It answers 0 also where it finds no unwind information and gives up after guessing: so the end is believed only where
 * every frame has information of its own. That one has none it says by no status, but by information of no form.
 */
#include <libunwind-ptrace.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "remote/parcel.h"
#include "remote/peek.h"
#include "remote/stack.h"
#include "remote/unwind_info.h"

/* Exported for who finds tables by himself (perf, too), but in no header of libunwind's. */
#define search_table UNW_OBJ(dwarf_search_unwind_table)
int search_table(unw_addr_space_t space, unw_word_t pc, unw_dyn_info_t *table, unw_proc_info_t *info, int need, void *argument);

enum { STACK_PIECE = 8192, PAGE = 4096, PAGES = 64 };

struct stacks {
	unw_addr_space_t space;
	void *process;           /* libunwind's, of the process */
	struct unwind_infos infos;
	pid_t tid;
	const struct user_regs_struct *registers;
	uint64_t stack_at;
	size_t stack_size;
	uint8_t stack[STACK_PIECE];
	struct page {
		uint64_t at; /* 0: nothing */
		uint8_t bytes[PAGE];
	} pages[PAGES];
};

/* libunwind calls accessors with our argument, or with its own in the middle of _UPT_find_proc_info: they do not look at it. */
static struct stacks *walked;

static bool read_word(struct stacks *stacks, uint64_t address, uint64_t *word)
{
	struct page *page = &stacks->pages[address / PAGE % PAGES];

	if (address % PAGE > PAGE - sizeof *word)
		return peek(stacks->tid, address, word, sizeof *word);
	if (page->at != address - address % PAGE) {
		page->at = 0;
		if (!peek(stacks->tid, address - address % PAGE, page->bytes, PAGE))
			return false;
		page->at = address - address % PAGE;
	}
	memcpy(word, page->bytes + address % PAGE, sizeof *word);
	return true;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int write, void *unused)
{
	struct stacks *stacks = walked;
	uint64_t distance = address - stacks->stack_at;

	(void)space, (void)unused;
	if (write)
		return -UNW_EREADONLYREG;
	if (distance <= stacks->stack_size - sizeof *word && stacks->stack_size >= sizeof *word) {
		memcpy(word, stacks->stack + distance, sizeof *word);
		return 0;
	}
	return read_word(stacks, address, word) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *unused)
{
	const struct user_regs_struct *registers = walked->registers;
	const unsigned long long all[] = { registers->rax, registers->rdx, registers->rcx, registers->rbx, registers->rsi,
		registers->rdi, registers->rbp, registers->rsp, registers->r8, registers->r9, registers->r10, registers->r11,
		registers->r12, registers->r13, registers->r14, registers->r15, registers->rip };

	(void)space, (void)unused;
	if (write)
		return -UNW_EREADONLYREG;
	if (number < 0 || (size_t)number >= sizeof all / sizeof *all)
		return -UNW_EBADREG;
	*value = all[number];
	return 0;
}

/* By the file that the mapping of PC names, if it is the process's. */
static bool sees_file(const struct unwind_infos *infos, uint64_t pc)
{
	const struct maps_entry *entry = maps_find(&infos->maps, pc);

	return entry && *entry->path == '/' && parcel_is_seen(infos->pid, entry->path);
}

static int find_info(unw_addr_space_t space, unw_word_t pc, unw_proc_info_t *info, int need, void *argument)
{
	struct stacks *stacks = walked;
	const struct unwind_info *known = unwind_infos_find(&stacks->infos, pc);
	unw_dyn_info_t table = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };

	if (!known)
		return -UNW_ENOINFO;
	if (!known->header)
		return sees_file(&stacks->infos, pc) ? _UPT_find_proc_info(space, pc, info, need, stacks->process) : -UNW_ENOINFO;
	table.start_ip = known->start;
	table.end_ip = known->end;
	table.u.rti.segbase = known->header;
	table.u.rti.table_data = known->table;
	table.u.rti.table_len = known->rows * 8 / sizeof(unw_word_t);
	return search_table(space, pc, &table, info, need, argument);
}

static void put_info(unw_addr_space_t space, unw_proc_info_t *info, void *unused)
{
	(void)unused;
	_UPT_put_unwind_info(space, info, walked->process);
}

static int no_list(unw_addr_space_t space, unw_word_t *address, void *unused)
{
	(void)space, (void)address, (void)unused;
	return -UNW_ENOINFO;
}

static int no_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *unused)
{
	(void)unused, (void)space, (void)number, (void)value, (void)write;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *unused)
{
	(void)unused, (void)space, (void)cursor;
	return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t pc, char *name, size_t size, unw_word_t *offset, void *unused)
{
	(void)unused, (void)space, (void)pc, (void)name, (void)size, (void)offset;
	return -UNW_ENOINFO;
}

struct stacks *stacks_new(pid_t pid)
{
	static unw_accessors_t accessors = { .find_proc_info = find_info, .put_unwind_info = put_info,
		.get_dyn_info_list_addr = no_list, .access_mem = access_mem, .access_reg = access_reg,
		.access_fpreg = no_register, .resume = no_resume, .get_proc_name = no_name };
	struct stacks *stacks = xcalloc(1, sizeof *stacks);

	stacks->space = unw_create_addr_space(&accessors, 0);
	stacks->process = _UPT_create(pid);
	unwind_infos_open(&stacks->infos, pid);
	if (!stacks->space || !stacks->process) {
		stacks_free(stacks);
		return NULL;
	}
	unw_set_caching_policy(stacks->space, UNW_CACHE_GLOBAL);
	return stacks;
}

void stacks_free(struct stacks *stacks)
{
	if (!stacks)
		return;
	if (stacks->process)
		_UPT_destroy(stacks->process);
	if (stacks->space)
		unw_destroy_addr_space(stacks->space);
	unwind_infos_close(&stacks->infos);
	free(stacks);
}

void stacks_forget(struct stacks *stacks)
{
	pid_t pid = stacks->infos.pid;

	unw_flush_cache(stacks->space, 0, 0);
	unwind_infos_close(&stacks->infos);
	unwind_infos_open(&stacks->infos, pid);
	for (size_t i = 0; i < PAGES; i++)
		stacks->pages[i].at = 0;
}

/* Pages are only kept while the thread stands still: nothing says that others keep what they hold. */
static void begin(struct stacks *stacks, pid_t tid, const struct user_regs_struct *registers)
{
	walked = stacks;
	stacks->tid = tid;
	stacks->registers = registers;
	stacks->stack_at = registers->rsp - 128;
	stacks->stack_size = peek_some(tid, stacks->stack_at, stacks->stack, sizeof stacks->stack);
	for (size_t i = 0; i < PAGES; i++)
		stacks->pages[i].at = 0;
}

size_t stack_walk(struct stacks *stacks, pid_t tid, const struct user_regs_struct *registers, struct stack_frame *frames,
	size_t max, bool *whole)
{
	unw_cursor_t cursor;
	unw_word_t pc, sp;
	size_t n = 0;
	bool known = true;
	int more = 1;

	begin(stacks, tid, registers);
	*whole = false;
	if (unw_init_remote(&cursor, stacks->space, stacks) < 0)
		return 0;
	while (more > 0 && n < max) {
		unw_proc_info_t info;

		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) < 0 || unw_get_reg(&cursor, UNW_REG_SP, &sp) < 0 || !pc)
			break;
		frames[n] = (struct stack_frame){ .pc = pc, .sp = sp, .interrupted = n == 0 || unw_is_signal_frame(&cursor) > 0 };
		n++;
		known &= unw_get_proc_info(&cursor, &info) == 0 && info.format == UNW_INFO_FORMAT_TABLE;
		more = unw_step(&cursor);
	}
	*whole = known && more == 0 && n < max;
	return n;
}
