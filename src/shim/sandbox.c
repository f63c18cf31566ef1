/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seccomp filter is a function of a system call's number and arguments, in a language without
 * loops (classic BPF, linux/filter.h; the kernel's Documentation/userspace-api/seccomp_filter.rst).
 * So it need not be tried to know what it does, which could be the end of the program: it is run
 * here, on the calls that the shim makes, before it is installed. One that allows all of them
 * changes nothing for us. Of any other nothing is asked again: see channel.jail.
 *
 * The filter is the program's own memory, and may be none: it is read where the kernel could read
 * it. What the kernel would refuse (a jump beyond the end, an unknown instruction) is no
 * permission.
 */
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include "shim/sandbox.h"
#include "shim/sys.h"

enum { PAGE = 4096 };

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
	const struct seccomp_data *call;
	bool bad;
};

static uint32_t load(struct machine *machine, const struct sock_filter *at)
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

static uint32_t calculate(struct machine *machine, uint16_t code, uint32_t operand)
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
static uint32_t jump(struct machine *machine, const struct sock_filter *at, uint32_t operand)
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

static bool allows(const struct sock_fprog *filter, const struct seccomp_data *call)
{
	struct machine machine = {.call = call};

	for (uint64_t i = 0; i < filter->len && !machine.bad; i++) {
		const struct sock_filter *at = &filter->filter[i];
		uint32_t operand = BPF_SRC(at->code) == BPF_X ? machine.x : at->k, action;

		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			machine.a = load(&machine, at);
			break;
		case BPF_LDX:
			machine.x = load(&machine, at);
			break;
		case BPF_ST:
		case BPF_STX:
			machine.bad |= at->k >= BPF_MEMWORDS;
			if (!machine.bad)
				machine.memory[at->k] =
					BPF_CLASS(at->code) == BPF_ST ? machine.a : machine.x;
			break;
		case BPF_ALU:
			machine.a = calculate(&machine, at->code, operand);
			break;
		case BPF_JMP:
			i += jump(&machine, at, operand);
			break;
		case BPF_RET:
			action = BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
			action &= SECCOMP_RET_ACTION_FULL;
			return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
		default:
			if (BPF_MISCOP(at->code) == BPF_TAX)
				machine.x = machine.a;
			else
				machine.a = machine.x;
		}
	}
	return false;
}

static bool is_readable(const void *at, size_t size)
{
	const uintptr_t begin = (uintptr_t)at, end = begin + size;

	for (uintptr_t page = begin; page < end; page += PAGE - page % PAGE)
		if (!sys_is_readable((const void *)page))
			return false;
	return end > begin;
}

enum sandbox_verdict sandbox_judge(const struct sock_fprog *filter)
{
	/* An argument that is an address, a size or an id has any value. */
	static const struct {
		int number;
		bool child;
		uint64_t args[6];
	} ours[] = {
		{SYS_gettid, false, {0}},
		{SYS_getpid, false, {0}},
		{SYS_tgkill, false, {1000, 1000, 0}},
		{SYS_mmap, false,
			{0, PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0}},
		{SYS_munmap, false, {PAGE, PAGE}},
		{SYS_munlock, false, {PAGE, PAGE}},
		{SYS_mremap, false, {PAGE, PAGE, PAGE, MREMAP_MAYMOVE}},
		{SYS_rt_sigprocmask, false, {SIG_BLOCK, PAGE, PAGE, 8}},
		{SYS_rt_sigprocmask, false, {SIG_SETMASK, PAGE, PAGE, 8}},
		{SYS_rt_sigprocmask, false, {-1, PAGE, 0, 8}},
		{SYS_sigaltstack, false, {0, PAGE}},
		{SYS_futex, false, {PAGE, FUTEX_WAKE, 1}},
		{SYS_nanosleep, false, {PAGE, PAGE}},
		{SYS_getppid, true, {0}},
		{SYS_clock_gettime, true, {CLOCK_REALTIME, PAGE}},
		{SYS_madvise, true, {PAGE, PAGE, MADV_DONTNEED}},
		{SYS_madvise, true, {PAGE, PAGE, MADV_WIPEONFORK}},
		{SYS_readlink, true, {PAGE, PAGE, PAGE}},
	};

	if (!is_readable(filter, sizeof *filter) || filter->len == 0 ||
		!is_readable(filter->filter, filter->len * sizeof *filter->filter))
		return SANDBOX_NONE;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		struct seccomp_data call = {.nr = ours[i].number, .arch = AUDIT_ARCH_X86_64};

		for (int k = 0; k < 6; k++)
			call.args[k] = ours[i].args[k];
		if (!allows(filter, &call))
			return ours[i].child ? SANDBOX_CHILDLESS : SANDBOX_REFUSES;
	}
	return SANDBOX_ALLOWS;
}
