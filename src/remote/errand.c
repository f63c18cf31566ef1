/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See errand.h. From the thread's stack pointer down:
 *
 *	128 bytes            the red zone
 *	data                 at 16
 *	vector registers     at 64: the kernel's XSAVE form, with its two magic numbers (asm/sigcontext.h)
 *	ucontext             registers, signal mask; an alternate stack that is none, which the kernel passes over
 *	return address       of the function: the returner. At 8 of 16
 *
 * A thread that was taken out of a system call: the kernel has set rax to -ERESTART… and would begin the call anew. In the ucontext
 * that is done by hand (rax the call's number, rip back on the instruction); by ptrace, it is left to the kernel (orig_rax).
 */
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include "base/clock.h"
#include "remote/errand.h"
#include "remote/peek.h"
#include "remote/step.h"

enum { RED_ZONE = 128, XSTATE_MAX = 16384, XSTATE_LEGACY = 576, SOFTWARE_AT = 464, HEADER_AT = 512, MASK_BYTES = 8,
	MAGIC1 = 0x46505853, MAGIC2 = 0x46505845, UC_XSTATE = 1, UC_SS = 2, UC_STRICT_SS = 4, NO_STACK = 0x7ffffff0,
	DIRECTION = 0x400, TRAP = 0x100, AMX = 3 << 17, FEATURES = 63 };

#define LOOK_NS 20000ul

/* mov $15, %rax; syscall, as libc's __restore_rt. */
static const uint8_t returner_code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05 };

/* What the thread was before, and what is laid down. */
struct frame {
	struct user_regs_struct registers;
	uint64_t mask;
	uint8_t xstate[XSTATE_MAX];
	size_t xstate_size;
	uint64_t data_at, xstate_at, at; /* in the thread's memory; `at` is the return address's */
	uint8_t bytes[ERRAND_DATA_MAX + XSTATE_MAX + sizeof(ucontext_t) + 256];
};

uint64_t errand_returner(pid_t pid, const struct maps *maps)
{
	static uint8_t piece[1 << 20];
	const struct maps_entry *libc = maps_library(maps, "libc");

	for (size_t i = 0; libc && i < maps->entries.count; i++) {
		const struct maps_entry *entry = &maps->entries.items[i];

		if (entry->inode != libc->inode || !(entry->protection & MAPS_EXECUTE))
			continue;
		for (uint64_t at = entry->start; at < entry->end; at += sizeof piece - sizeof returner_code) {
			size_t size = entry->end - at < sizeof piece ? entry->end - at : sizeof piece;
			const uint8_t *found;

			size = peek_some(pid, at, piece, size);
			found = memmem(piece, size, returner_code, sizeof returner_code);
			if (found)
				return at + (uint64_t)(found - piece);
		}
	}
	return 0;
}

/* Bytes of the XSAVE form with these features: the tiles of AMX, where the program does not use them, are beyond what the kernel
 * takes back. */
static size_t xstate_bytes(uint64_t features)
{
	size_t bytes = XSTATE_LEGACY;
	unsigned int size, offset, c, d;

	for (unsigned int i = 2; i < FEATURES; i++) {
		if (!(features >> i & 1) || !__get_cpuid_count(0xd, i, &size, &offset, &c, &d))
			continue;
		if (offset + size > bytes)
			bytes = offset + size;
	}
	return bytes;
}

static bool look(const struct process_thread *thread, struct frame *frame)
{
	struct iovec part = { frame->xstate, sizeof frame->xstate };

	frame->mask = 0;
	if (!thread_registers(thread, &frame->registers) ||
		ptrace(PTRACE_GETREGSET, thread->tid, (long)NT_X86_XSTATE, &part) < 0 ||
		ptrace(PTRACE_GETSIGMASK, thread->tid, (long)MASK_BYTES, &frame->mask) < 0)
		return false;
	frame->xstate_size = part.iov_len;
	return part.iov_len >= XSTATE_LEGACY && part.iov_len < sizeof frame->xstate;
}

/* What the kernel expects of a signal frame's vector registers; how many bytes. */
static size_t lay_xstate(const struct frame *frame, uint8_t *to)
{
	uint64_t features, used;
	uint32_t words[2] = { MAGIC1, 0 }, end = MAGIC2;
	uint32_t size;

	memcpy(&features, frame->xstate + SOFTWARE_AT, sizeof features);
	memcpy(&used, frame->xstate + HEADER_AT, sizeof used);
	features &= ~(uint64_t)AMX | used;
	size = (uint32_t)xstate_bytes(features);
	if (size > frame->xstate_size)
		size = (uint32_t)frame->xstate_size;
	memcpy(to, frame->xstate, size);
	words[1] = size + (uint32_t)sizeof end;
	memset(to + SOFTWARE_AT, 0, HEADER_AT - SOFTWARE_AT);
	memcpy(to + SOFTWARE_AT, words, sizeof words);
	memcpy(to + SOFTWARE_AT + 8, &features, sizeof features);
	memcpy(to + SOFTWARE_AT + 16, &size, sizeof size);
	memcpy(to + size, &end, sizeof end);
	return size + sizeof end;
}

/* One that was restarted once before is restart_syscall to the kernel, which forgets what to restart when a frame like ours is left. The
 * number then is what libc loaded just before the instruction, if it did. */
static unsigned long long number_of(const struct process_thread *thread, const struct user_regs_struct *registers)
{
	const unsigned int move = 0xb8;
	uint8_t code[5];
	uint32_t number;

	if (registers->orig_rax != SYS_restart_syscall || !peek(thread->tid, registers->rip - 7, code, sizeof code) ||
		code[0] != move)
		return registers->orig_rax;
	memcpy(&number, code + 1, sizeof number);
	return number;
}

static bool is_restarted(const struct user_regs_struct *registers)
{
	long result = (long)registers->rax;

	/* ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK */
	return (long)registers->orig_rax >= 0 && (result == -512 || result == -513 || result == -514 || result == -516);
}

static void lay_context(const struct process_thread *thread, const struct frame *frame, ucontext_t *context)
{
	const struct user_regs_struct *from = &frame->registers;
	bool again = is_restarted(from);
	const unsigned long long all[] = { from->r8, from->r9, from->r10, from->r11, from->r12, from->r13, from->r14, from->r15,
		from->rdi, from->rsi, from->rbp, from->rbx, from->rdx, again ? number_of(thread, from) : from->rax, from->rcx, from->rsp,
		again ? from->rip - 2 : from->rip, from->eflags,
		(from->cs & 0xffff) | (from->gs & 0xffff) << 16 | (from->fs & 0xffff) << 32 | from->ss << 48 };

	memset(context, 0, sizeof *context);
	context->uc_flags = UC_XSTATE | UC_SS | UC_STRICT_SS;
	context->uc_stack.ss_flags = NO_STACK;
	memcpy(context->uc_mcontext.gregs, all, sizeof all);
	context->uc_mcontext.fpregs = (void *)frame->xstate_at;
	memcpy(&context->uc_sigmask, &frame->mask, MASK_BYTES);
}

/* Writes all below the thread's stack pointer. */
static bool lay(const struct process_thread *thread, struct frame *frame, const struct errand *errand)
{
	uint64_t top = frame->registers.rsp - RED_ZONE;
	ucontext_t context;
	uint8_t *bytes = frame->bytes;
	const size_t context_size = offsetof(ucontext_t, uc_sigmask) + MASK_BYTES;

	frame->data_at = (top - errand->data_size) & -16ul;
	frame->xstate_at = (frame->data_at - frame->xstate_size - 8) & -64ul;
	frame->at = ((frame->xstate_at - context_size - 8) & -16ul) - 8;
	lay_context(thread, frame, &context);
	memset(bytes, 0, sizeof frame->bytes);
	memcpy(bytes, &errand->returner, sizeof errand->returner);
	memcpy(bytes + 8, &context, context_size);
	lay_xstate(frame, bytes + (frame->xstate_at - frame->at));
	if (errand->data_size)
		memcpy(bytes + (frame->data_at - frame->at), errand->data, errand->data_size);
	return poke(thread->tid, frame->at, bytes, (size_t)(frame->data_at - frame->at) + errand->data_size);
}

static bool set_mask(const struct process_thread *thread, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, thread->tid, (long)MASK_BYTES, &mask) == 0;
}

static bool enter(const struct process_thread *thread, const struct frame *frame, const struct errand *errand)
{
	struct user_regs_struct registers = frame->registers;

	registers.rip = errand->function;
	registers.rsp = frame->at;
	registers.rdi = errand->data_size ? frame->data_at : errand->first;
	registers.rsi = errand->argument;
	registers.rax = 0;
	registers.orig_rax = -1ull;
	registers.eflags &= ~(unsigned long long)(DIRECTION | TRAP);
	return thread_set_registers(thread, &registers) && step_done(STEP_ENTERED) && set_mask(thread, -1ull);
}

static bool is_returning(const struct process_thread *thread, const struct frame *frame, struct user_regs_struct *registers)
{
	return thread->state == THREAD_AT_SYSCALL && thread_registers(thread, registers) &&
	       registers->orig_rax == SYS_rt_sigreturn && registers->rsp == frame->at + 8;
}

/* At a stop where registers decide how it goes on. Until the last step it would come back by itself. */
static bool take_back(const struct process_thread *thread, struct frame *frame)
{
	struct iovec part = { frame->xstate, frame->xstate_size };

	if (ptrace(PTRACE_SETREGSET, thread->tid, (long)NT_X86_XSTATE, &part) < 0 || !step_done(STEP_VECTORS_BACK) ||
		!set_mask(thread, frame->mask) || !step_done(STEP_MASK_BACK))
		return false;
	return thread_set_registers(thread, &frame->registers) && step_done(STEP_REGISTERS_BACK);
}

/* From the entry of rt_sigreturn to a stop where registers decide how the program goes on; until they are set, what comes next is
 * the rt_sigreturn. */
static bool come_back(struct process *process, struct process_thread *thread, struct frame *frame,
	struct user_regs_struct *registers)
{
	registers->rip -= 2;
	registers->rax = SYS_rt_sigreturn;
	registers->orig_rax = -1ull;
	if (!thread_set_registers(thread, registers) || !step_done(STEP_HELD_BACK) ||
		ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) < 0)
		return false;
	thread_go(thread, THREAD_FREELY);
	if (!thread_wait(process, thread, 1000) || thread->state == THREAD_GONE || thread->state == THREAD_AT_SYSCALL)
		return false;
	step_done(STEP_RETURNED);
	return take_back(thread, frame);
}

/* A fault in the function: the thread goes on as if it had not been called. */
static int give_up(const struct process_thread *thread, struct frame *frame, struct error *err)
{
	take_back(thread, frame);
	return error_status(err, EXIT_MEMTRACE_FAILED, "what memtrace made the process call failed with signal %d",
		thread->signal);
}

static bool is_fault(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE || number == SIGTRAP ||
	       number == SIGSYS;
}

static uint32_t word_at(const struct process_thread *thread, const struct frame *frame, size_t at)
{
	uint32_t word = 0;

	return peek(thread->tid, frame->data_at + at, &word, sizeof word) ? word : 0;
}

static void answer(const struct process_thread *thread, const struct frame *frame, const struct errand *errand, bool *answered)
{
	uint32_t word = errand->asks_at && !*answered ? word_at(thread, frame, errand->asks_at) : 0;

	if (!word)
		return;
	*answered = true;
	errand->asked(errand->asked_data, word);
}

/* The function runs until it has told, faults, or ends with the process. False: none of that. */
static bool wait_for_word(struct process *process, struct process_thread *thread, const struct frame *frame,
	const struct errand *errand, unsigned int ms)
{
	uint64_t deadline = clock_ns(CLOCK_MONOTONIC) + ms * 1000000ull;
	bool answered = false;

	while (!word_at(thread, frame, errand->tells_at)) {
		answer(thread, frame, errand, &answered);
		if (thread->state == THREAD_GONE || (thread->state == THREAD_AT_SIGNAL && is_fault(thread->signal)))
			return true;
		if (clock_ns(CLOCK_MONOTONIC) > deadline)
			return false;
		if (thread->state == THREAD_RUNS)
			thread_look(process, thread, LOOK_NS);
		else
			thread_go(thread, THREAD_FREELY);
	}
	return true;
}

static int fetch_result(const struct process_thread *thread, const struct frame *frame, const struct errand *errand,
	struct error *err)
{
	step_done(STEP_CALLED);
	if (errand->result && !peek(thread->tid, frame->data_at, errand->result, errand->data_size))
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot read what a call has left");
	return 0;
}

/* Its stack holds what it told only as long as it is still there: it may have waited long enough, and come back by itself. */
static int wait_for_teller(struct process *process, struct process_thread *thread, struct frame *frame,
	const struct errand *errand, unsigned int ms, struct error *err)
{
	struct user_regs_struct registers;

	if (!wait_for_word(process, thread, frame, errand, ms))
		return error_status(err, EXIT_MEMTRACE_FAILED, "what memtrace made the process call does not come to an end");
	if (thread->state == THREAD_AT_SIGNAL && is_fault(thread->signal)) {
		int result = give_up(thread, frame, err);

		thread->signal = 0;
		return result;
	}
	if (thread->state == THREAD_GONE)
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended", (int)process->pid);
	if (!thread_stop(thread, 1000) || !thread_registers(thread, &registers))
		return error_status(err, EXIT_MEMTRACE_FAILED, "lost a thread of process %d on its way back", (int)process->pid);
	step_done(STEP_RETURNED);
	if (registers.rsp > frame->at + 8)
		return error_status(err, EXIT_MEMTRACE_FAILED, "process %d did not wait for memtrace, which had no processor: try again",
			(int)process->pid);
	if (fetch_result(thread, frame, errand, err) < 0)
		return -1;
	if (!take_back(thread, frame))
		return error_status(err, EXIT_MEMTRACE_FAILED, "lost a thread of process %d on its way back", (int)process->pid);
	return 0;
}

static int wait_for_end(struct process *process, struct process_thread *thread, struct frame *frame, const struct errand *errand,
	unsigned int ms, struct error *err)
{
	struct user_regs_struct registers;

	for (;;) {
		thread_go(thread, THREAD_BY_SYSCALL);
		if (!thread_wait(process, thread, ms))
			return error_status(err, EXIT_MEMTRACE_FAILED, "what memtrace made the process call does not come to an end");
		if (thread->state == THREAD_GONE)
			return error_status(err, EXIT_MEMTRACE_FAILED, "process %d has ended", (int)process->pid);
		if (thread->state == THREAD_AT_SIGNAL && is_fault(thread->signal)) {
			int result = give_up(thread, frame, err);

			thread->signal = 0;
			return result;
		}
		if (is_returning(thread, frame, &registers))
			break;
	}
	if (fetch_result(thread, frame, errand, err) < 0)
		return -1;
	if (!come_back(process, thread, frame, &registers))
		return error_status(err, EXIT_MEMTRACE_FAILED, "lost a thread of process %d on its way back", (int)process->pid);
	return 0;
}

int errand_run(struct process *process, struct process_thread *thread, const struct errand *errand, unsigned int ms, bool *begun,
	struct error *err)
{
	static struct frame frame;

	*begun = false;
	if (errand->data_size > ERRAND_DATA_MAX || thread->state != THREAD_STOPPED || !look(thread, &frame))
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot read the registers of thread %d", (int)thread->tid);
	if (!lay(thread, &frame, errand))
		return error_status(err, EXIT_MEMTRACE_FAILED, "thread %d has no room on its stack", (int)thread->tid);
	step_done(STEP_LAID);
	*begun = true;
	if (!enter(thread, &frame, errand))
		return error_status(err, EXIT_MEMTRACE_FAILED, "cannot make thread %d call a function: %s", (int)thread->tid,
			strerror(errno));
	step_done(STEP_MASKED);
	return (errand->tells_at ? wait_for_teller : wait_for_end)(process, thread, &frame, errand, ms, err);
}
