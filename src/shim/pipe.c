/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole messages into the pipe (see channel.h). A message is one writev of at most PIPE_BUF bytes,
 * which the kernel never mixes with another's. The descriptor does not block: where the pipe is
 * full we wait by the one rule that there is for waiting. A collector that is gone would make the
 * kernel send SIGPIPE, so that is held back for the moment, and taken away again if it was ours;
 * all others with it, since their handlers could leave by a jump before it is let go.
 */
#include "shim/channel.h"
#include "shim/descriptors.h"
#include "shim/ring.h"
#include "shim/shim.h"
#include "shim/sys.h"

enum { SIGSET_BYTES = 8, EAGAIN_ = -11, EINTR_ = -4, EPIPE_ = -32 };
#define SIGPIPE_BIT (1ull << (SIGPIPE - 1))

bool channel_pipe_ready(void)
{
	return channel.starting && !channel.jail && !channel.confined && descriptors_pipe() >= 0;
}

/* A handler may have forked since the message was begun, and this be the child: then it is the
 * parent's to send. */
static bool is_ours(const struct iovec *parts)
{
	const struct wire_message *head = parts[0].iov_base;

	return life_is_marked() && head->process == channel.index &&
	       head->generation == channel.generation;
}

static long write_quietly(
	int fd, const struct iovec *parts, unsigned int n_parts, struct producer *buffer)
{
	const uint64_t ours = SIGPIPE_BIT, old = sys_block_signals();
	uint64_t pending = 0;
	const struct timespec now = {0};
	long result = 0;

	SYS_CALL(SYS_rt_sigpending, (long)&pending, SIGSET_BYTES);
	if (is_ours(parts)) {
		result = SYS_CALL(SYS_writev, fd, (long)parts, n_parts);
		if (!sys_failed(result) && buffer)
			ring_empty(buffer);
	}
	if (result == EPIPE_ && !(pending & SIGPIPE_BIT))
		SYS_CALL(SYS_rt_sigtimedwait, (long)&ours, 0, (long)&now, SIGSET_BYTES);
	sys_restore_signals(old);
	return result;
}

bool channel_write(
	const struct iovec *parts, unsigned int n_parts, struct producer *buffer, bool patient)
{
	struct channel_wait wait = {0};

	for (;;) {
		int fd = descriptors_pipe();
		long result = fd < 0 ? EPIPE_ : write_quietly(fd, parts, n_parts, buffer);

		if (!sys_failed(result))
			return true;
		if (result == EINTR_)
			continue;
		if (result != EAGAIN_ || !patient || !channel_wait(&wait))
			return false;
	}
}

void channel_close_start(void)
{
	descriptors_close(channel.piped);
	channel.starting = false;
}
