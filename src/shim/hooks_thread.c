/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names that threads give themselves, by pthread_setname_np or prctl, and each other. What the kernel then calls the thread is told: it
 * cuts names, and the string was the program's.
 *
 * Another thread may not have called us yet, so that we know nothing of it; its number is where libc keeps it, in what a pthread_t points to.
 * Where that is libc says itself, to debuggers, by a symbol; it is believed if we find our own number there.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include "shim/channel.h"
#include "shim/hooks_thread.h"
#include "shim/life.h"
#include "shim/lookup.h"
#include "shim/message.h"
#include "shim/sys.h"
#include "shim/tell.h"

enum { NAME_BYTES = 16 }; /* TASK_COMM_LEN of the kernel, with its NUL */

static bool is_silent(void)
{
	return channel.jail || channel.confined;
}

static void tell_name(struct call *call, int32_t tid, const char *name)
{
	struct producer *producer = tell_enter(call);
	size_t length = 0;

	if (!producer)
		return;
	while (length < NAME_BYTES - 1 && name[length])
		length++;
	message_send(producer, WIRE_MSG_THREAD_NAME, (struct iovec[]){{&tid, sizeof tid}, {(void *)name, length}}, 2);
	tell_leave(producer);
}

void hooks_thread_named(void *frame)
{
	char name[NAME_BYTES] = "";
	struct call call;

	if (is_silent() || !call_begin(&call, frame) || sys_failed(SYS_CALL(SYS_prctl, PR_GET_NAME, (long)name)))
		return;
	tell_name(&call, atomic_load(&call.thread->tid), name);
}

/* 0: not known. */
static int32_t number_of(pthread_t thread)
{
	/* Its size in bits, how many there are, where it is. */
	static const uint32_t *_Atomic place;
	static _Atomic bool looked;
	const uint32_t *found = NULL;

	if (!atomic_load(&looked)) {
		found = lookup_next("_thread_db_pthread_tid", false);
		if (found && found[0] == 32 && *(int32_t *)(pthread_self() + found[2]) == sys_gettid())
			atomic_store(&place, found);
		atomic_store(&looked, true);
	}
	found = atomic_load(&place);
	return found ? *(int32_t *)(thread + found[2]) : 0;
}

static void name_other(void *frame, pthread_t thread, const char *name)
{
	struct call call;
	int32_t tid;

	if (is_silent() || !call_begin(&call, frame) || (tid = number_of(thread)) <= 0)
		return;
	tell_name(&call, tid, name);
}

SHIM_EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	int status;

	if (unlikely(!real.pthread_setname_np))
		life_start();
	if (unlikely(!real.pthread_setname_np))
		return ENOSYS;
	status = real.pthread_setname_np(thread, name);
	/* Not pthread_equal: a compiler that does not optimize calls it, and a static program may not have it. */
	if (status == 0 && thread == pthread_self())
		hooks_thread_named(__builtin_frame_address(0));
	else if (status == 0)
		name_other(__builtin_frame_address(0), thread, name);
	return status;
}
