/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a seccomp filter does with a system call. It is a function of the call's number and arguments, in a language without
 * loops (classic BPF, linux/filter.h; the kernel's Documentation/userspace-api/seccomp_filter.rst), so it need not be tried, which
 * could be the end of the program: it is run here. The shim asks about filters that its program is about to install, memtrace about
 * those of a process that it is to attach to.
 *
 * What the kernel would refuse (a jump beyond the end, an unknown instruction), and what asks where a call comes from, is no
 * permission.
 */
#ifndef MEMTRACE_VERDICT_H
#define MEMTRACE_VERDICT_H

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

struct verdict_call {
	int number;
	bool child;       /* only where a forked child begins */
	uint64_t args[6];
};

/* The calls that the shim in a traced process lives on: X(name, only where a forked child begins, arguments…). An argument that is an address, a
 * size or an id has any value. */
#define VERDICT_ANY 4096
#define VERDICT_SHIM_CALLS(X) \
	X(gettid, false, 0) \
	X(getpid, false, 0) \
	X(tgkill, false, 1000, 1000, 0) \
	X(mmap, false, 0, VERDICT_ANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) \
	X(munmap, false, VERDICT_ANY, VERDICT_ANY) \
	X(munlock, false, VERDICT_ANY, VERDICT_ANY) \
	X(mremap, false, VERDICT_ANY, VERDICT_ANY, VERDICT_ANY, MREMAP_MAYMOVE) \
	X(rt_sigprocmask, false, SIG_BLOCK, VERDICT_ANY, VERDICT_ANY, 8) \
	X(rt_sigprocmask, false, SIG_SETMASK, VERDICT_ANY, VERDICT_ANY, 8) \
	X(rt_sigprocmask, false, -1, VERDICT_ANY, 0, 8) \
	X(sigaltstack, false, 0, VERDICT_ANY) \
	X(futex, false, VERDICT_ANY, FUTEX_WAKE, 1) \
	X(nanosleep, false, VERDICT_ANY, VERDICT_ANY) \
	X(getppid, true, 0) \
	X(clock_gettime, true, CLOCK_REALTIME, VERDICT_ANY) \
	X(madvise, true, VERDICT_ANY, VERDICT_ANY, MADV_DONTNEED) \
	X(madvise, true, VERDICT_ANY, VERDICT_ANY, MADV_WIPEONFORK) \
	X(readlink, true, VERDICT_ANY, VERDICT_ANY, VERDICT_ANY)

struct verdict_machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
	const struct seccomp_data *call;
	bool bad;
};

static inline uint32_t verdict_load(struct verdict_machine *machine, const struct sock_filter *at)
{
	const struct seccomp_data *call = machine->call;

	switch (BPF_MODE(at->code)) {
	case BPF_IMM:
		return at->k;
	case BPF_LEN:
		return sizeof *call;
	case BPF_MEM:
		machine->bad |= at->k >= BPF_MEMWORDS;
		return machine->bad ? 0 : machine->memory[at->k];
	case BPF_ABS:
		/* Where it is called from is not known. */
		machine->bad |= at->k % 4 || at->k >= sizeof *call ||
				at->k / 8 == offsetof(struct seccomp_data, instruction_pointer) / 8;
		return machine->bad ? 0 : ((const uint32_t *)call)[at->k / 4];
	default:
		machine->bad = true;
		return 0;
	}
}

static inline uint32_t verdict_calculate(struct verdict_machine *machine, uint16_t code, uint32_t operand)
{
	const uint32_t a = machine->a;

	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		machine->bad |= operand == 0;
		return operand ? a / operand : 0;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return operand < 32 ? a << operand : 0;
	case BPF_RSH:
		return operand < 32 ? a >> operand : 0;
	case BPF_NEG:
		return -a;
	default:
		machine->bad = true;
		return 0;
	}
}

/* How many instructions are passed over. */
static inline uint32_t verdict_jump(struct verdict_machine *machine, const struct sock_filter *at, uint32_t operand)
{
	const uint32_t a = machine->a;
	bool yes = false;

	switch (BPF_OP(at->code)) {
	case BPF_JA:
		return at->k;
	case BPF_JEQ:
		yes = a == operand;
		break;
	case BPF_JGT:
		yes = a > operand;
		break;
	case BPF_JGE:
		yes = a >= operand;
		break;
	case BPF_JSET:
		yes = a & operand;
		break;
	default:
		machine->bad = true;
	}
	return yes ? at->jt : at->jf;
}

/* What FILTER of N instructions does with CALL: SECCOMP_RET_ of the kernel, without its data; KILL_PROCESS also where it cannot be told. */
static inline uint32_t verdict_of(const struct sock_filter *filter, uint64_t n, const struct seccomp_data *call)
{
	struct verdict_machine machine = {.call = call};

	for (uint64_t i = 0; i < n && !machine.bad; i++) {
		const struct sock_filter *at = &filter[i];
		uint32_t operand = BPF_SRC(at->code) == BPF_X ? machine.x : at->k, action;

		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			machine.a = verdict_load(&machine, at);
			break;
		case BPF_LDX:
			machine.x = verdict_load(&machine, at);
			break;
		case BPF_ST:
		case BPF_STX:
			machine.bad |= at->k >= BPF_MEMWORDS;
			if (!machine.bad)
				machine.memory[at->k] =
					BPF_CLASS(at->code) == BPF_ST ? machine.a : machine.x;
			break;
		case BPF_ALU:
			machine.a = verdict_calculate(&machine, at->code, operand);
			break;
		case BPF_JMP:
			i += verdict_jump(&machine, at, operand);
			break;
		case BPF_RET:
			action = BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
			return action & SECCOMP_RET_ACTION_FULL;
		default:
			if (BPF_MISCOP(at->code) == BPF_TAX)
				machine.x = machine.a;
			else
				machine.a = machine.x;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

#endif
