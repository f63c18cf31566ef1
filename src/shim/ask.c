/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question is a record like an event's, so its answer knows of all that the thread did before. The thread waits with its level
 * taken: a signal handler that allocates meanwhile is the next level's, with a ring and questions of its own. A handler that
 * leaves by a jump leaves the question behind; its late answer has an old number.
 *
 * With --transport pipe what other threads have buffered is sent before the question, and after it that they have no more:
 * else the collector would wait to hear from them.
 */
#include <errno.h>
#include "shim/ask.h"
#include "shim/ring.h"
#include "shim/tell.h"

uint64_t ask_number(const struct producer *producer)
{
	return producer->n_asked + 1;
}

static int wait_for(const struct wire_slot *slot, uint64_t number)
{
	const uint64_t most_ns = channel.pool->wait_ms * 1000000ull;
	struct channel_wait wait = {0};
	uint64_t seen;

	while ((seen = atomic_load_explicit(&slot->answered, memory_order_acquire)) != number) {
		if (seen != (number | WIRE_ANSWER_TAKEN) && wait.all_ns >= most_ns)
			return -ETIMEDOUT;
		if (!channel_wait(&wait))
			return -EPIPE;
	}
	return 0;
}

int ask(struct producer *producer, enum wire_question question, uint64_t operand, uint64_t more,
	struct wire_answer *answer)
{
	const uint64_t values[] = {ask_number(producer), operand, more};
	int status;

	if (channel.piped)
		ring_flush_all(false);
	if (!tell_record(producer, WIRE_ASK, question, values, 3))
		return -EPIPE;
	producer->n_asked = values[0];
	ring_flush(producer);
	if (channel.piped) {
		ring_give(producer);
		ring_flush_all(true);
	}
	status = wait_for(producer->slot, values[0]);
	if (channel.piped)
		ring_take(producer);
	if (status < 0)
		return status;
	*answer = producer->slot->answer;
	return answer->status;
}
