/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memtrace detach PID: ends what memtrace attach began, and returns when its snapshot is written. Where that memtrace is no more (it was
 * killed), what it has left in the process is put back.
 */
#include <stdlib.h>
#include "cmd/asking.h"
#include "cmd/command.h"
#include "cmd/log.h"
#include "record/control.h"
#include "record/procfs.h"
#include "remote/hand.h"
#include "remote/status.h"

enum { PATIENCE_MS = 5000 };

struct detach_options {
	bool quiet;
};

static const struct option_row options[] = {
	{ .name = "quiet", .letter = 'q', .type = OPTION_FLAG, .offset = offsetof(struct detach_options, quiet),
		.summary = "say nothing but errors" },
	{ .name = NULL },
};

static void leave(const void *pid, struct hand_answer *answer)
{
	answer->result = attach_leave(*(const int32_t *)pid, PATIENCE_MS, &answer->report, &answer->err);
}

/* Nobody records it, but the library is there. False: there is nothing to put back. */
static int put_back(int32_t pid, bool *done, struct error *err)
{
	struct hand_answer answer;
	struct hand hand;

	*done = false;
	if (status_check(pid, err) < 0 || hand_begin(&hand, leave, &pid, err) < 0)
		return -1;
	while (!hand_ends(&hand, 1000, &answer))
		;
	if (answer.result < 0) {
		*err = answer.err;
		return -1;
	}
	*done = answer.report.bound;
	return 0;
}

static int run(void *data, int argc, char **argv, struct error *err)
{
	const struct detach_options *chosen = data;
	struct control_request request = { .verb = CONTROL_DETACH };
	struct error other = ERROR_INIT;
	struct buffer body = { 0 };
	int32_t collector = 0;
	bool done;
	int result;

	if (argc != 1) {
		error_set(err, argc ? "detach: one process, not %d" : "detach: no process is named", argc);
		return error_hint(err, "memtrace detach PID");
	}
	log_quiet = chosen->quiet;
	if (asking_pid("detach", argv[0], &request.pid, err) < 0)
		return -1;
	result = control_ask(&request, &body, &collector, err);
	buffer_free(&body);
	if (result == 0) {
		log_say("detached from process %d", (int)request.pid);
		return 0;
	}
	if (collector || procfs_has_shim(request.pid) <= 0 || put_back(request.pid, &done, &other) < 0 || !done)
		return -1;
	log_say("process %d was not recorded any more; what memtrace had left in it is put back", (int)request.pid);
	return 0;
}

const struct command command_detach = {
	.name = "detach",
	.usage = "[OPTIONS] PID",
	.summary = "end what attach began, and write its snapshot",
	.options = options,
	.options_size = sizeof(struct detach_options),
	.run = run,
};
