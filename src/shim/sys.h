/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls of the shim, straight to the kernel.
 *
 * libc's wrappers are of no use in somebody else's malloc: they set errno, many are cancellation
 * points, mmap and munmap are hooked by ourselves, and before the shim is relocated they cannot be
 * called at all. So nothing here touches errno or libc; errors come back as the kernel gives them,
 * between -4095 and -1.
 */
#ifndef SHIM_SYS_H
#define SHIM_SYS_H

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

static inline long sys_call6(const long number, const long args[6])
{
	register long r10 __asm__("r10") = args[3];
	register long r8 __asm__("r8") = args[4];
	register long r9 __asm__("r9") = args[5];
	long result;

	__asm__ volatile(
		"syscall"
		: "=a"(result)
		: "0"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return result;
}

#define SYS_CALL(number, ...) sys_call6(number, (const long[6]){__VA_ARGS__})

static inline bool sys_failed(long result)
{
	return (unsigned long)result > -4096ul;
}

/* NULL on failure. */
static inline void *sys_mmap(size_t size, int flags, int fd, uint64_t offset)
{
	long at =
		SYS_CALL(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, flags, fd, (long)offset);

	return sys_failed(at) ? NULL : (void *)at;
}

static inline void sys_munmap(void *at, size_t size)
{
	SYS_CALL(SYS_munmap, (long)at, (long)size);
}

/* A mapping of SIZE bytes that shows what the shared mapping at AT shows: OLD_SIZE bytes of it move
 * there, or with 0 it is a second view. NULL on failure. */
static inline void *sys_mremap(void *at, size_t old_size, size_t size)
{
	long new = SYS_CALL(SYS_mremap, (long)at, (long)old_size, (long)size, MREMAP_MAYMOVE);

	return sys_failed(new) ? NULL : (void *)new;
}

static inline int sys_open(const char *path, int flags)
{
	return (int)SYS_CALL(SYS_openat, AT_FDCWD, (long)path, flags);
}

static inline void sys_close(int fd)
{
	SYS_CALL(SYS_close, fd);
}

static inline bool sys_stat(int fd, struct stat *status)
{
	return SYS_CALL(SYS_fstat, fd, (long)status) == 0;
}

static inline int sys_getpid(void)
{
	return (int)SYS_CALL(SYS_getpid);
}

static inline int sys_gettid(void)
{
	return (int)SYS_CALL(SYS_gettid);
}

/* False: no such thread lives in PID (or it cannot be told). */
static inline bool sys_thread_gone(int pid, int tid)
{
	return SYS_CALL(SYS_tgkill, pid, tid, 0) == -3; /* ESRCH */
}

static inline void sys_futex_wake(_Atomic uint32_t *word)
{
	SYS_CALL(SYS_futex, (long)word, FUTEX_WAKE, 1);
}

/* Sleeps; returns the nanoseconds that it really may have slept, less what a signal cut off. */
static inline uint64_t sys_sleep(uint64_t ns)
{
	struct timespec want = {.tv_nsec = (long)ns}, left = {0};

	if (SYS_CALL(SYS_nanosleep, (long)&want, (long)&left) == 0)
		return ns;
	return ns - ((uint64_t)left.tv_nsec < ns ? (uint64_t)left.tv_nsec : ns);
}

/* For what a signal handler must not find half done, or leave so by a jump. */
static inline uint64_t sys_block_signals(void)
{
	uint64_t all = ~0ull, old = 0;

	SYS_CALL(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old, sizeof all);
	return old;
}

static inline void sys_restore_signals(uint64_t old)
{
	SYS_CALL(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, sizeof old);
}

/* Can the word be read that the byte at AT lies in? The kernel looks at the mask before it refuses
 * HOW; nobody has one at 0. */
static inline bool sys_is_readable(const void *at)
{
	return (uintptr_t)at >= 8 && SYS_CALL(SYS_rt_sigprocmask, -1, (long)at & -8l, 0, 8) != -14; /* EFAULT */
}

/* Is the caller on its alternate signal stack? */
static inline bool sys_on_altstack(void)
{
	stack_t stack;

	return SYS_CALL(SYS_sigaltstack, 0, (long)&stack) == 0 && (stack.ss_flags & SS_ONSTACK);
}

#endif
