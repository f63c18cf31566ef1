/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A forked process that does dangerous reading for us, and messages to and from it. It may crash,
 * hang or eat memory; that costs its answers. Messages are blobs of at most HELPER_MESSAGE_MAX
 * bytes.
 *
 * The caller may have other threads; the child then runs with the forking one alone. It has its own
 * message socket, /dev/null for 0 to 2, and nothing else open; signals of the terminal do not reach
 * it. It ends when its parent does. While one lives, a waitpid(-1) of the caller's may return its
 * pid; then only the cause of a death is lost.
 */
#ifndef SYMBOL_HELPER_H
#define SYMBOL_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

#define HELPER_MESSAGE_MAX (64u << 20)

struct helper_limits {
	uint64_t memory; /* bytes that it may map beyond what the caller has mapped */
	int patience_ms; /* without a message or a sign of life: it is killed. One that hardly got
			  * the processor meanwhile is waited for five times as long */
};

struct helper {
	pid_t pid; /* 0: none */
	int socket;
	int patience_ms;
	bool outside; /* after an error: it died, and not by anything that it did */
};

/* Forks; the child runs SERVE(SOCKET, ARGUMENT) and ends. -1 and an error when there can be no
 * process. */
int helper_start(struct helper *helper, const struct helper_limits *limits,
	void (*serve)(int socket, void *argument), void *argument, struct error *err);
/* Ends it, if there is one: it is killed, and waited for now or, see killed.h, when there is time. */
void helper_stop(struct helper *helper);

/* For the parent. An error, a clause such as "the reader died of signal 11", means that it is gone;
 * its status is EXIT_MEMTRACE_FAILED when it went beyond its limits. */
int helper_ask(struct helper *helper, const void *data, size_t size, struct error *err);
/* The next message, as a new block to be freed; its size in *size. NULL and an error as above. */
void *helper_answer(struct helper *helper, size_t *size, struct error *err);

/* For the child. Both end the process when the parent is gone. */
void *helper_receive(int socket, size_t *size);
void helper_send(int socket, const void *data, size_t size);
/* A sign of life; DATA is an int * to the socket, as callbacks like it. At most one a second is
 * sent. */
void helper_progress(void *data);
/* It has mapped so much that it had better not begin with anything else. */
bool helper_is_spent(void);

#endif
