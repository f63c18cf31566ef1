/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends: exit, and those that no destructor sees, _exit, _Exit and quick_exit. By ring there is nothing to do at an end; by --transport pipe
 * what the threads have buffered is sent first, else a forked child, which mostly ends so, would lose all that it did. Under run --leaks
 * the collector looks at the process first (exits.h).
 *
 * _exit may be called in a signal handler, in a vfork child, and before anything here is relocated: sending takes no lock (a
 * buffer that is just being filled is left alone) and allocates nothing; without the real function the kernel is asked.
 */
#include <sys/syscall.h>
#include <unistd.h>
#include "shim/exits.h"
#include "shim/life.h"
#include "shim/shim.h"
#include "shim/sys.h"

/* A library's constructor may end the program before ours has run, and handlers must come all the same. */
static void begin(uintptr_t frame)
{
	if (unlikely(!real.exit))
		life_start();
	exits_begin(frame);
}

/* The three never return, which a table of pointers cannot say. */
static _Noreturn void leave(void (*real_end)(int), int status)
{
	if (real_end)
		real_end(status);
	for (;;)
		SYS_CALL(SYS_exit_group, status);
}

/* By a jump: what handlers and destructors do has the program's own stack under it. So the compiler must not know that libc's
 * declaration says of it that it does not return. */
SHIM_EXPORT void exit_by_jump(int status) __asm__("exit");
SHIM_EXPORT void exit_by_jump(int status)
{
	begin((uintptr_t)__builtin_frame_address(0));
	if (likely(real.exit))
		real.exit(status);
	else
		_exit(status);
}

SHIM_EXPORT void _exit(int status)
{
	exits_begin((uintptr_t)__builtin_frame_address(0));
	life_ends();
	leave(real._exit, status);
}

SHIM_EXPORT void _Exit(int status)
{
	exits_begin((uintptr_t)__builtin_frame_address(0));
	life_ends();
	leave(real._Exit, status);
}

/* Handlers of at_quick_exit come after this; what they tell is sent at once. */
SHIM_EXPORT void quick_exit(int status)
{
	begin((uintptr_t)__builtin_frame_address(0));
	life_ends();
	leave(real.quick_exit, status);
}
