/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin ldflags: -pthread */
/*
 * jails HOW [N]: allocates behind a seccomp filter, N blocks on stacks of many depths. kill and errno (what kills or refuses all
 * but what malloc and exit need), lenient (refuses some, but nothing that threads need; with threads), child (the same, a
 * child has it too), probe (asks for none, as programs do to see whether there are any), syscall (kill, by syscall), tsc (the clock
 * may not be read).
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "truth.h"

#define ALLOW(call)                                                  \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),       \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(call)                                                 \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),       \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define STRICT(otherwise)                                                                        \
	{ LOAD(nr), ALLOW(read), ALLOW(write), ALLOW(exit_group), ALLOW(exit), ALLOW(brk), ALLOW(mmap), ALLOW(munmap), \
		BPF_STMT(BPF_RET | BPF_K, otherwise) }

static struct sock_filter kills[] = STRICT(SECCOMP_RET_KILL_PROCESS), refuses[] = STRICT(SECCOMP_RET_ERRNO | EPERM);
/* As one is written that forbids memory to be made executable. */
static struct sock_filter lenient[] = { LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), LOAD(nr), REFUSE(ptrace), REFUSE(socket), REFUSE(connect),
	REFUSE(kill), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 4), LOAD(args[2]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };

static void jail(struct sock_filter *filter, size_t size, int by_syscall)
{
	struct sock_fprog program = { (unsigned short)(size / sizeof *filter), filter };
	long status;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (by_syscall)
		status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	else
		status = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	if (status)
		_exit(77);
}

static void down(int depth)
{
	volatile char room[64];

	room[0] = 1;
	GONE(depth + 1, free(MADE(depth + 1, malloc(depth + 1))));
	if (depth > 0)
		down(depth - 1);
	room[1] = room[0];
}

static long n;

static void *work(void *argument)
{
	for (long i = 0; i < n; i++)
		down((int)(i * 13 % 400));
	return argument;
}

/* Behind a jail nothing can be opened: the account is written before, of what is going to be. */
static void account(void)
{
	for (long i = 0; i < n; i++) {
		long depth = i * 13 % 400;

		truth.total_count += depth + 1;
		truth.total_size += (depth + 1) * (depth + 2) / 2;
		truth.peak = truth.peak < depth + 1 ? depth + 1 : truth.peak;
	}
	truth_write(NULL);
}

static void in_threads(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void in_child(void)
{
	pid_t child = fork();
	char suffix[32];
	int status;

	if (child == 0) {
		truth = (struct truth){ .peak = 0 };
		work(NULL);
		snprintf(suffix, sizeof suffix, ".%d", getpid());
		truth_write(suffix);
		_exit(0);
	}
	waitpid(child, &status, 0);
	work(NULL);
	SAY("child: %d\n", status);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	n = truth_argument(argc, argv, 2, 200);
	down(10);
	if (!strcmp(how, "kill") || !strcmp(how, "errno") || !strcmp(how, "syscall")) {
		account();
		jail(strcmp(how, "errno") ? kills : refuses, sizeof kills, !strcmp(how, "syscall"));
		work(NULL);
		SAY("alive\n");
		_exit(5);
	} else if (!strcmp(how, "lenient")) {
		jail(lenient, sizeof lenient, 0);
		in_threads();
		truth.peak = -1;
	} else if (!strcmp(how, "child")) {
		jail(lenient, sizeof lenient, 1);
		in_child();
	} else if (!strcmp(how, "probe")) {
		SAY("no filter: %d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
		SAY(" %d\n", errno);
		SAY("no program: %ld", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (void *)8));
		SAY(" %d\n", errno);
		in_threads();
		truth.peak = -1;
	} else if (!strcmp(how, "tsc")) {
		if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
			_exit(77);
		in_threads();
		truth.peak = -1;
	}
	truth_write(NULL);
	return 5;
}
