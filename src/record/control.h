/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How others talk to a collector: `memtrace ctl` and `memtrace snapshot` ask, a collector answers.
 *
 * Each collector listens on an abstract unix socket "memtrace-control.PID.RANDOM". Who wants something of a process looks up all
 * such names (/proc/net/unix), asks those that belong to the same user (or, as root, to the process's) at once, and
 * gets an answer from the one whose process it is. A watched program that overwrites its environment, or has gone
 * through several execs, is found all the same; a name that somebody else has taken is of no use to him, since both sides
 * look who is at the other end (SO_PEERCRED): only the same user and root are answered, and only they are asked.
 *
 *   request: struct control_request
 *   answer:  struct control_head, then `size` bytes; of a snapshot, first a head CONTROL_WORKING without more
 */
#ifndef RECORD_CONTROL_H
#define RECORD_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/error.h"
#include "record/moments.h"

#define CONTROL_MAGIC 0x6c74636du
enum { CONTROL_VERSION = 1, CONTROL_CLIENTS = 16 };

enum control_verb {
	CONTROL_STATUS = 1,
	CONTROL_START,
	CONTROL_STOP,
	CONTROL_CLEAR,
	CONTROL_RESET_PEAK,
	CONTROL_SNAPSHOT,
	CONTROL_DETACH,          /* of an attached process; answered when its file is written: STATUS's body without the process */
	CONTROL_LEAKS,           /* a snapshot with leaks */
};

struct control_request {
	uint32_t magic, version;
	uint32_t verb;           /* enum control_verb */
	int32_t pid;             /* the process, or a collector itself: its first process */
	uint64_t start;          /* procfs_process.start of that, as the asker sees it: pids mean little between containers */
	char label[MOMENTS_LABEL_MAX]; /* SNAPSHOT: keep the moment by that name too; "" do not */
};

enum control_answer {
	CONTROL_DONE,            /* STATUS: what control_status_encode wrote; SNAPSHOT: the bytes of a file; else nothing */
	CONTROL_NOT_MINE,        /* another collector's process, or nobody's */
	CONTROL_FAILED,          /* exit status (u32), the line, the hint (strings of base/bytes.h) */
	CONTROL_WORKING,         /* it will take a while; another head follows */
};

struct control_head {
	uint32_t magic, version;
	uint32_t answer;         /* enum control_answer */
	int32_t collector;       /* its pid */
	uint64_t size;           /* of what follows */
};

/* The collector's end. */
struct control_server {
	int listener;            /* -1: there could be none */
	struct control_client {
		int fd;          /* its place is free when `since_ns` is 0 */
		size_t got;
		uint64_t since_ns;
		struct control_request request;
	} clients[CONTROL_CLIENTS];
};

void control_open(struct control_server *server);
/* In a forked child that is the collector from now on: SO_PEERCRED is to name it. */
void control_take_over(struct control_server *server);
/* The next whole request to *REQUEST; its socket, non-blocking and the caller's, or -1: there is none now. Never blocks. */
int control_next(struct control_server *server, uint64_t now_ns, struct control_request *request);
/* In a child that is none: closes what is the collector's. */
void control_close(struct control_server *server);
/* Answers by FD, which stays open. -1: the asker has gone, or does not read. */
int control_answer(int fd, enum control_answer answer, const void *data, size_t size);
int control_fail(int fd, const struct error *err);

/* Asks who watches REQUEST's pid. *BODY is the answer's, to be freed by the caller either way; *COLLECTOR who gave it. Errors say
 * what is wrong with the process, or with whom watches it; waits some seconds at most for somebody who does not answer. */
int control_ask(const struct control_request *request, struct buffer *body, int32_t *collector, struct error *err);

struct control_status {
	int64_t pid, parent_pid, collector_pid;
	uint64_t image, recording; /* recording: 1, or 0 while it is stopped */
	uint64_t started_ns, frames_limit, follows;
	uint64_t current, current_count, peak, peak_count, total_size, total_count;
	uint64_t rss, events, events_lost, unknown_frees, cut_stacks, tracer_memory, collector_memory;
	char *file;              /* where the run's snapshot will be */
	struct control_texts {
		char **items;
		size_t count, capacity;
	} command, moments;      /* arguments; labels */
};

void control_status_encode(const struct control_status *status, struct buffer *buffer);
int control_status_decode(struct control_status *status, const struct buffer *buffer, struct error *err);
void control_status_free(struct control_status *status);

#endif
