/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names that threads give themselves, by pthread_setname_np or prctl. What the kernel then calls the thread is told: it
 * cuts names, and the string was the program's. A name that another thread gives is not seen here.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include "shim/channel.h"
#include "shim/hooks_thread.h"
#include "shim/life.h"
#include "shim/message.h"
#include "shim/sys.h"
#include "shim/tell.h"

enum { NAME_BYTES = 16 }; /* TASK_COMM_LEN of the kernel, with its NUL */

void hooks_thread_named(void *frame)
{
	struct producer *producer;
	char name[NAME_BYTES] = "";
	int32_t tid;
	struct call call;
	size_t length = 0;

	if (channel.jail || channel.confined || !call_begin(&call, frame) || sys_failed(SYS_CALL(SYS_prctl, PR_GET_NAME, (long)name)) ||
		!(producer = tell_enter(&call)))
		return;
	while (length < NAME_BYTES - 1 && name[length])
		length++;
	tid = atomic_load(&call.thread->tid);
	message_send(producer, WIRE_MSG_THREAD_NAME, (struct iovec[]){{&tid, sizeof tid}, {name, length}}, 2);
	tell_leave(producer);
}

SHIM_EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	int status;

	if (unlikely(!real.pthread_setname_np))
		life_start();
	if (unlikely(!real.pthread_setname_np))
		return ENOSYS;
	status = real.pthread_setname_np(thread, name);
	if (status == 0 && pthread_equal(thread, pthread_self()))
		hooks_thread_named(__builtin_frame_address(0));
	return status;
}
