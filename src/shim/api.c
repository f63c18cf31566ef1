/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What include/memtrace.h reaches: a table of functions, given out by confstr for a name that libc does not know. It is there
 * whatever became of the shim; where nothing is recorded each says so.
 *
 * Starting and stopping is a flag of the process's entry, which every event looks at, and a CLEAR: as tracemalloc's stop, ours
 * forgets. A record that another thread was writing meanwhile may come after the CLEAR of a stop; that of the next start
 * takes it away.
 */
#include <errno.h>
#include <memtrace.h>
#include "shim/ask.h"
#include "shim/channel.h"
#include "shim/life.h"
#include "shim/message.h"
#include "shim/ring.h"
#include "shim/tell.h"

enum {
	NAME_MAX_BYTES = 255,
	PATH_MAX_BYTES = 1700, /* with a label one message, in a ring too */
};
#define SIZE_MOST (1ull << 47) /* no address space has more */
#define API_BEGIN(call) call_begin(call, __builtin_frame_address(0))

/* With --transport pipe what other threads hold back was before. */
static int tell_alone(struct call *call, enum wire_kind kind)
{
	struct producer *producer = tell_enter(call);
	bool told;

	if (!producer)
		return -EAGAIN;
	if (channel.piped)
		ring_flush_all(false);
	told = tell_record(producer, kind, 0, NULL, 0);
	ring_flush(producer);
	tell_leave(producer);
	return told ? 0 : -EPIPE;
}

static void set_limit(uint32_t limit)
{
	if (limit == channel.frames_limit)
		return;
	channel.frames_limit = limit;
	atomic_store(&channel.process->frames_limit, limit);
	atomic_fetch_add(&shim_news, 1);
}

static int start(int nframe)
{
	struct call call;
	int status;

	if (nframe < 1 || nframe > WIRE_FRAMES_MAX)
		return -EINVAL;
	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (!channel_stopped())
		return 0;
	status = tell_alone(&call, WIRE_CLEAR);
	if (status < 0)
		return status;
	set_limit((uint32_t)nframe);
	atomic_fetch_and(&channel.process->flags, ~(uint32_t)WIRE_FLAG_STOPPED);
	return 0;
}

static int stop(void)
{
	struct call call;

	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (atomic_fetch_or(&channel.process->flags, WIRE_FLAG_STOPPED) & WIRE_FLAG_STOPPED)
		return 0;
	return tell_alone(&call, WIRE_CLEAR);
}

static int is_tracing(void)
{
	struct call call;

	return API_BEGIN(&call) && !channel_stopped();
}

static int clear_traces(void)
{
	struct call call;

	if (!API_BEGIN(&call))
		return -ENOSYS;
	return channel_stopped() ? 0 : tell_alone(&call, WIRE_CLEAR);
}

static int reset_peak(void)
{
	struct call call;

	if (!API_BEGIN(&call))
		return -ENOSYS;
	return channel_stopped() ? 0 : tell_alone(&call, WIRE_RESET_PEAK);
}

static int get_traced_memory(size_t *current, size_t *peak)
{
	struct wire_answer answer;
	struct producer *producer;
	struct call call;
	int status;

	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (channel_stopped())
		return 0;
	producer = tell_enter(&call);
	if (!producer)
		return -EAGAIN;
	status = ask(producer, WIRE_ASK_TRACED, 0, 0, &answer);
	tell_leave(producer);
	if (status == 0 && current)
		*current = answer.values[0];
	if (status == 0 && peak)
		*peak = answer.values[1];
	return status;
}

static int get_traceback_limit(void)
{
	return (int)channel.frames_limit;
}

static size_t get_tracer_memory(void)
{
	return atomic_load(&channel.memory);
}

/* An answer has room for a few frames, so they come in portions. */
static int ask_frames(struct producer *producer, const void *ptr, void **frames, uint64_t max)
{
	struct wire_answer answer;
	int status = ask(producer, WIRE_ASK_BLOCK, (uintptr_t)ptr, 0, &answer);
	uint64_t at = 0, trace;

	for (;;) {
		if (status < 0)
			return status;
		trace = answer.values[0];
		for (uint32_t i = 2; i < answer.count && at < max; i++)
			frames[at++] = (void *)answer.values[i];
		if (answer.count <= 2 || at == max || at >= answer.values[1])
			return (int)answer.values[1];
		status = ask(producer, WIRE_ASK_STACK, trace, at, &answer);
	}
}

static int get_object_traceback(const void *ptr, void **frames, int max)
{
	struct producer *producer;
	struct call call;
	int status;

	if (max < 0 || (max > 0 && !frames))
		return -EINVAL;
	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (channel_stopped())
		return -ENODATA;
	producer = tell_enter(&call);
	if (!producer)
		return -EAGAIN;
	status = ask_frames(producer, ptr, frames, (uint64_t)max);
	tell_leave(producer);
	return status;
}

static int track(unsigned int domain, const void *ptr, size_t size)
{
	struct call call;

	if (domain < WIRE_DOMAIN_OWN || !ptr || size > SIZE_MOST)
		return -EINVAL;
	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (channel_stopped())
		return -ENODATA;
	tell_track(&call, domain, ptr, size);
	return 0;
}

static int untrack(unsigned int domain, const void *ptr)
{
	struct call call;

	if (domain < WIRE_DOMAIN_OWN)
		return -EINVAL;
	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (channel_stopped())
		return -ENODATA;
	if (ptr)
		tell_untrack(&call, domain, ptr);
	return 0;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text && text[n])
		n++;
	return n;
}

static int send(struct call *call, enum wire_message_kind kind, const struct iovec *parts,
	unsigned int n_parts)
{
	struct producer *producer = tell_enter(call);
	bool sent;

	if (!producer)
		return -EAGAIN;
	sent = message_send(producer, kind, parts, n_parts);
	ring_flush(producer);
	tell_leave(producer);
	return sent ? 0 : -EPIPE;
}

static int name_domain(unsigned int domain, const char *name)
{
	const struct iovec parts[] = {{&domain, sizeof domain}, {(void *)name, length(name)}};
	struct call call;

	if (domain < WIRE_DOMAIN_OWN || parts[1].iov_len == 0 || parts[1].iov_len > NAME_MAX_BYTES)
		return -EINVAL;
	return API_BEGIN(&call) ? send(&call, WIRE_MSG_DOMAIN_NAME, parts, 2) : -ENOSYS;
}

/* What is to be taken goes before the question, as a message; PATH with its NUL. */
static int ask_snapshot(struct producer *producer, const char *path, const char *label)
{
	struct wire_answer answer;
	struct wire_snapshot wish = {
		.number = ask_number(producer),
		.slot = producer->number,
		.path_size = (uint32_t)length(path),
	};
	const struct iovec parts[] = {{&wish, sizeof wish}, {(void *)path, wish.path_size},
		{(void *)label, length(label)}};

	if (!message_send(producer, WIRE_MSG_SNAPSHOT, parts, 3))
		return -EPIPE;
	return ask(producer, WIRE_ASK_SNAPSHOT, 0, 0, &answer);
}

static int take_snapshot(const char *path, const char *label)
{
	struct producer *producer;
	struct call call;
	int status;

	if ((!path && !label) || (path && !*path) || (label && !*label) ||
		length(path) > PATH_MAX_BYTES || length(label) > NAME_MAX_BYTES)
		return -EINVAL;
	if (!API_BEGIN(&call))
		return -ENOSYS;
	if (channel_stopped())
		return -ENODATA;
	producer = tell_enter(&call);
	if (!producer)
		return -EAGAIN;
	status = ask_snapshot(producer, path, label);
	tell_leave(producer);
	return status;
}

static const struct memtrace_api api = {
	.size = sizeof api,
	.start = start,
	.stop = stop,
	.is_tracing = is_tracing,
	.clear_traces = clear_traces,
	.get_traced_memory = get_traced_memory,
	.reset_peak = reset_peak,
	.get_traceback_limit = get_traceback_limit,
	.get_tracer_memory = get_tracer_memory,
	.take_snapshot = take_snapshot,
	.get_object_traceback = get_object_traceback,
	.track = track,
	.untrack = untrack,
	.name_domain = name_domain,
};

SHIM_EXPORT size_t confstr(int name, char *buffer, size_t size)
{
	if (name == MEMTRACE_CONFSTR_ && buffer && size == sizeof(const struct memtrace_api *)) {
		*(const struct memtrace_api **)buffer = &api;
		return size;
	}
	if (unlikely(!real.confstr))
		life_start();
	return real.confstr ? real.confstr(name, buffer, size) : 0;
}
