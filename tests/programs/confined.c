/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confined HOW COMMAND…: installs a seccomp filter and execs COMMAND. HOW container: as the default of container runtimes, refuses with EPERM what
 * no container does, by number or by argument. HOW kill:NAME, with a NAME of the table below: allows all, but kills for that one.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE(name) IF(SYS_##name, 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter container[] = {
	LOAD(arch), IF(0xc000003e /* x86-64 */, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr), REFUSE(mount), REFUSE(umount2), REFUSE(ptrace),
	REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(bpf), REFUSE(perf_event_open), REFUSE(keyctl), REFUSE(add_key),
	REFUSE(setns), REFUSE(unshare), REFUSE(pivot_root), REFUSE(kexec_load), REFUSE(init_module), REFUSE(userfaultfd), REFUSE(quotactl),
	IF(SYS_clone3, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	/* A new namespace. */
	IF(SYS_clone, 0, 4), LOAD(args[0]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x7e020000, 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
	/* AF_VSOCK. */
	IF(SYS_socket, 0, 3), LOAD(args[0]), IF(40, 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM), RETURN(SECCOMP_RET_ALLOW),
};

static struct sock_filter killer[] = { LOAD(nr), IF(0, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW) };

static const struct {
	const char *name;
	unsigned int number;
} calls[] = { { "memfd_create", SYS_memfd_create }, { "munlock", SYS_munlock }, { "mremap", SYS_mremap }, { "socketpair", SYS_socketpair } };

int main(int argc, char **argv)
{
	struct sock_fprog program = { sizeof container / sizeof *container, container };

	if (argc < 3)
		return 2;
	if (strncmp(argv[1], "kill:", 5) == 0) {
		program = (struct sock_fprog){ sizeof killer / sizeof *killer, killer };
		for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
			if (strcmp(argv[1] + 5, calls[i].name) == 0)
				killer[1].k = calls[i].number;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 3;
	execvp(argv[2], argv + 2);
	return 4;
}
