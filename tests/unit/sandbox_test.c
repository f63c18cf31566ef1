/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seccomp filters, judged by what they would do with the shim's own system calls. */
#include <criterion/criterion.h>
#include "shim/sandbox.c"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define JUDGE(...)                                                                                 \
	({                                                                                         \
		struct sock_filter filter_[] = {__VA_ARGS__};                                      \
		sandbox_judge(&(struct sock_fprog){sizeof filter_ / sizeof *filter_, filter_});    \
	})

Test(sandbox, what_allows_all_is_no_jail)
{
	cr_assert_eq(JUDGE(RETURN(SECCOMP_RET_ALLOW)), SANDBOX_ALLOWS);
	cr_assert_eq(JUDGE(RETURN(SECCOMP_RET_LOG)), SANDBOX_ALLOWS);
	cr_assert_eq(JUDGE(LOAD(nr), IF(SYS_ptrace, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
			     RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_ALLOWS);
}

Test(sandbox, what_refuses_one_call_of_ours_is_one)
{
	static const uint32_t actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF};

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		cr_assert_eq(JUDGE(RETURN(actions[i])), SANDBOX_REFUSES);
		cr_assert_eq(JUDGE(LOAD(nr), IF(SYS_futex, 0, 1), RETURN(actions[i]),
				     RETURN(SECCOMP_RET_ALLOW)),
			SANDBOX_REFUSES);
		cr_assert_eq(JUDGE(LOAD(nr), IF(SYS_getppid, 0, 1), RETURN(actions[i]),
				     RETURN(SECCOMP_RET_ALLOW)),
			SANDBOX_CHILDLESS);
	}
}

Test(sandbox, arguments_are_looked_at)
{
	/* Only memory of this kind. */
#define MAPS(prot)                                                                                 \
	JUDGE(LOAD(nr), IF(SYS_mmap, 0, 2), LOAD(args[2]), IF(prot, 0, 1),                         \
		RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_KILL_PROCESS))
	cr_assert_eq(MAPS(PROT_READ), SANDBOX_REFUSES);
	cr_assert_eq(MAPS(PROT_READ | PROT_WRITE), SANDBOX_ALLOWS);
	cr_assert_eq(
		JUDGE(LOAD(nr), IF(SYS_mmap, 0, 3), LOAD(args[2]), IF(PROT_READ | PROT_WRITE, 1, 0),
			RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_ALLOWS);
}

Test(sandbox, calculates)
{
	/* ((nr + 5 - 5) * 2 / 2 ^ x ^ x) & ~0 | 0, << 1 >> 1, by memory and back: nr again. */
	cr_assert_eq(JUDGE(LOAD(nr), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 5),
			     BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 5),
			     BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2),
			     BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2),
			     BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0x1234),
			     BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
			     BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
			     BPF_STMT(BPF_ALU | BPF_AND | BPF_K, -1),
			     BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0),
			     BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 1),
			     BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1), BPF_STMT(BPF_ALU | BPF_NEG, 0),
			     BPF_STMT(BPF_ALU | BPF_NEG, 0), BPF_STMT(BPF_ST, 3),
			     BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, 3),
			     BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0),
			     BPF_STMT(BPF_STX, 4), BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 4),
			     BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 512, 1, 0),
			     RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_KILL_PROCESS)),
		SANDBOX_ALLOWS);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), IF(64, 0, 1),
			     BPF_STMT(BPF_LD | BPF_W | BPF_IMM, SECCOMP_RET_ALLOW),
			     BPF_STMT(BPF_RET | BPF_A, 0)),
		SANDBOX_ALLOWS);
}

Test(sandbox, what_the_kernel_would_not_take_allows_nothing)
{
	cr_assert_eq(JUDGE(LOAD(nr)), SANDBOX_REFUSES, "no end");
	cr_assert_eq(
		JUDGE(BPF_STMT(BPF_JMP | BPF_JA, -1), RETURN(SECCOMP_RET_ALLOW)), SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 16), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_ST, 16), RETURN(SECCOMP_RET_ALLOW)), SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0), RETURN(SECCOMP_RET_ALLOW)),
		SANDBOX_REFUSES);
	cr_assert_eq(JUDGE(LOAD(instruction_pointer), RETURN(SECCOMP_RET_ALLOW)), SANDBOX_REFUSES,
		"where we are called from is not known");
}

Test(sandbox, what_cannot_be_read_is_none)
{
	cr_assert_eq(sandbox_judge(NULL), SANDBOX_NONE);
	cr_assert_eq(sandbox_judge((const struct sock_fprog *)8), SANDBOX_NONE);
	cr_assert_eq(sandbox_judge(&(struct sock_fprog){1, NULL}), SANDBOX_NONE);
	cr_assert_eq(sandbox_judge(&(struct sock_fprog){1, (void *)-8l}), SANDBOX_NONE);
	cr_assert_eq(sandbox_judge(&(struct sock_fprog){0, NULL}), SANDBOX_NONE, "no program");
}
