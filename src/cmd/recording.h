/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What run and attach share: how a program is recorded, wherever it comes from, and what is told of it at the end.
 */
#ifndef CMD_RECORDING_H
#define CMD_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "cmd/collector.h"
#include "cmd/options.h"
#include "cmd/symbol_options.h"
#include "memtrace/wire.h"

struct recording {
	const char *output, *transport, *snapshot_at, *top, *sample;
	int64_t frames, checkpoint; /* 0: the default */
	bool force, blocks, quiet, json;
	struct symbol_options symbols;
};

/* Rows of a command's table, whose options struct TYPE has a struct recording `recording`. */
/* clang-format off */
#define RECORDING_ROW(type_, name_, letter_, kind_, field_, ...) \
	{ .name = name_, .letter = letter_, .type = kind_, .offset = offsetof(type_, recording.field_), __VA_ARGS__ }

#define RECORDING_OPTION_ROWS(type_) \
	RECORDING_ROW(type_, "output", 'o', OPTION_TEXT, output, .argument = "FILE", \
		.summary = "write the snapshot to FILE (%e program, %p pid, %t time, %h host, %n number)"), \
	RECORDING_ROW(type_, "force", 'f', OPTION_FLAG, force, .summary = "replace an existing FILE"), \
	RECORDING_ROW(type_, "frames", 0, OPTION_NUMBER, frames, .argument = "N", \
		.summary = "keep the N most recent frames of each stack (default: 128)", .low = 1, .high = 65535), \
	RECORDING_ROW(type_, "top", 0, OPTION_TEXT, top, .argument = "N", \
		.summary = "print the top N at the end (default: 10 on a terminal, else 0)"), \
	RECORDING_ROW(type_, "transport", 0, OPTION_CHOICE, transport, .argument = "HOW", \
		.summary = "how events travel: ring (shared memory, default) or pipe", .choices = "ring|pipe"), \
	RECORDING_ROW(type_, "snapshot-at", 0, OPTION_TEXT, snapshot_at, .argument = "MOMENTS", \
		.summary = "moments to keep: exit,peak (always), every:30s,growth:100M,rss:2G,SIG:USR2"), \
	RECORDING_ROW(type_, "checkpoint", 0, OPTION_NUMBER, checkpoint, .argument = "SECONDS", \
		.summary = "write what is known so far every SECONDS (default: 30)", .low = 1, .high = 86400), \
	RECORDING_ROW(type_, "sample", 0, OPTION_TEXT, sample, .argument = "BYTES", \
		.summary = "record one block in BYTES allocated (512K), and estimate the rest: for production"), \
	RECORDING_ROW(type_, "blocks", 0, OPTION_FLAG, blocks, \
		.summary = "keep the address of each live block in the snapshot, for memtrace addr"), \
	SYMBOL_OPTION_ROWS(type_, recording.symbols), \
	RECORDING_ROW(type_, "json", 0, OPTION_FLAG, json, \
		.summary = "tell about the run as info --json does, at the end, on standard error"), \
	RECORDING_ROW(type_, "quiet", 'q', OPTION_FLAG, quiet, .summary = "say nothing but errors")
/* clang-format on */

/* What of that is the collector's, into *WITH; and from here on the signals of --snapshot-at are listened to. */
int recording_read(struct recording *recording, struct collector_options *with, struct error *err);
/* What the pool is to be told of that; the command adds its own. */
struct pool_options recording_pool(const struct recording *recording, const struct collector_options *with);
/* Which file the first image of PROGRAM gets, malloc'ed into *FILE also after an error: it can be written. */
int recording_choose_file(
	const struct recording *recording, const char *program, pid_t pid, char **file, struct error *err);
/* Writes the snapshot of PROCESS, which has ENDED, and tells of it. */
int recording_report(const struct recording *recording, struct collector *collector, struct reader_process *process, bool ended,
	struct error *err);

#endif
