/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remote EVERY MOST MEMTRACE run … COMMAND…: a stranger's view of stacks. Runs the command with a shim that stops every EVERYth
 * walk at an int3 (src/shim/unwind_verify.h), with the result in registers; walks the stopped thread from outside, by
 * libunwind-ptrace, and compares. After MOST comparisons the program runs on unwatched. Prints one line:
 *
 *	stops=N different=N further=N
 *
 * further: libunwind ended, by an error or where there is no unwind information, and ours goes on. The first stacks that
 * differ are printed before it. Status 1: some did; 2: nothing could be compared.
 */
#include <errno.h>
#include <libunwind-ptrace.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC 0x6d656d7472616365ul

enum { FRAMES = 65536, TOLD = 3 };

struct stack {
	unw_word_t pcs[FRAMES];
	size_t n;
};

static struct stack ours, theirs;
static unsigned long n_stops, n_different, n_further, shim_start, shim_end;

static int get_ours(pid_t pid, const struct user_regs_struct *registers)
{
	size_t n = registers->rsi < FRAMES ? registers->rsi : FRAMES;
	struct iovec local = { ours.pcs, n * sizeof *ours.pcs }, remote = { (void *)registers->rdi, local.iov_len };

	ours.n = n;
	return n > 0 && process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)local.iov_len;
}

/* Ours leave the shim's own frames out, which are there where a signal interrupted it. */
static void find_shim(pid_t pid)
{
	unsigned long start, end;
	char line[8192], name[64];
	FILE *maps;

	snprintf(name, sizeof name, "/proc/%d/maps", pid);
	maps = fopen(name, "re");
	shim_start = shim_end = 0;
	while (maps && fgets(line, sizeof line, maps))
		if (strstr(line, "/libmemtrace.so\n") && sscanf(line, "%lx-%lx", &start, &end) == 2) {
			shim_start = shim_start ? shim_start : start;
			shim_end = end;
		}
	if (maps)
		fclose(maps);
}

/* From the hook's caller on, whose stack pointer is BEGIN; a pc that a signal interrupted is kept as pc + 1: libunwind 1.6
 * calls the frame that was interrupted the signal's, not that of the trampoline. What it says last: 0 at an end, less at an error. */
static int walk(unw_addr_space_t space, pid_t pid, unw_word_t begin)
{
	void *tracee = _UPT_create(pid);
	unw_cursor_t cursor;
	unw_word_t pc, sp;
	int begun = 0, more = -1;

	theirs.n = 0;
	find_shim(pid);
	if (!tracee || unw_init_remote(&cursor, space, tracee) < 0)
		return -1;
	do {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) < 0 || unw_get_reg(&cursor, UNW_REG_SP, &sp) < 0)
			break;
		begun = begun || sp == begin;
		if (begun && pc && pc - shim_start >= shim_end - shim_start)
			theirs.pcs[theirs.n++] = pc + (unw_is_signal_frame(&cursor) > 0);
		more = unw_step(&cursor);
	} while (more > 0 && theirs.n < FRAMES);
	_UPT_destroy(tracee);
	return more;
}

static void compare(pid_t pid, int ended)
{
	size_t n = ours.n < theirs.n ? ours.n : theirs.n, i = 0;

	n_stops++;
	while (i < n && ours.pcs[i] == theirs.pcs[i])
		i++;
	if (i == ours.n && i == theirs.n)
		return;
	/* A step that leads nowhere: libunwind then guesses by rbp, and where that fails says so by an error. */
	if (i == theirs.n && i > 0 && ended <= 0) {
		n_further++;
		return;
	}
	if (n_different++ >= TOLD)
		return;
	printf("DIFFERENT in %d at frame %zu of %zu, by libunwind %zu, which ended with %d\n", pid, i, ours.n, theirs.n, ended);
	for (size_t k = i < 3 ? 0 : i - 3; k < i + 4; k++)
		printf("\t%zu ours %#lx libunwind %#lx\n", k, k < ours.n ? (long)ours.pcs[k] : 0,
			k < theirs.n ? (long)theirs.pcs[k] : 0);
}

/* Stopped by a signal: is it ours? */
static int is_walk(pid_t pid, int status, struct user_regs_struct *registers)
{
	return WSTOPSIG(status) == SIGTRAP && status >> 16 == 0 && ptrace(PTRACE_GETREGS, pid, NULL, registers) == 0 &&
	       registers->rax == MAGIC;
}

static void watch(unw_addr_space_t space, unsigned long most)
{
	struct user_regs_struct registers;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		long signal = 0;

		if (!WIFSTOPPED(status))
			continue;
		if (is_walk(pid, status, &registers)) {
			if (n_stops < most && get_ours(pid, &registers))
				compare(pid, walk(space, pid, registers.rcx + 16));
		} else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP) {
			signal = WSTOPSIG(status);
		}
		ptrace(PTRACE_CONT, pid, NULL, signal);
	}
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	unw_addr_space_t space = unw_create_addr_space(&_UPT_accessors, 0);
	pid_t child;

	if (argc < 4 || !space) {
		fprintf(stderr, "usage: remote EVERY MOST COMMAND…\n");
		return 2;
	}
	unw_set_caching_policy(space, UNW_CACHE_NONE);
	setenv("MEMTRACE_VERIFY_STOP", argv[1], 1);
	child = fork();
	if (child == 0) {
		raise(SIGSTOP);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	if (child < 0 || waitpid(child, NULL, WUNTRACED) != child || ptrace(PTRACE_SEIZE, child, NULL, options) != 0) {
		perror("remote");
		return 2;
	}
	kill(child, SIGCONT);
	watch(space, strtoul(argv[2], NULL, 10));
	unw_destroy_addr_space(space);
	printf("stops=%lu different=%lu further=%lu\n", n_stops, n_different, n_further);
	return n_different ? 1 : n_stops ? 0 : 2;
}
