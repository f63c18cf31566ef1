/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failures as values. A function that can fail returns 0 or -1 and takes `struct error *err` last;
 * error_set() returns -1, so failing is one line. Only cmd/ prints an error.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* The exit statuses of the contract; an error carries the one that the command should end with. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_CHECK_FAILED = 1, /* a budget, --exit-code or a leak check */
	EXIT_BAD_INPUT = 2,    /* usage, or a file that is missing, corrupt or of another version */
	EXIT_INCOMPLETE = 3,   /* --strict */
	EXIT_MEMTRACE_FAILED = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct error {
	int status;	/* an enum exit_status; EXIT_BAD_INPUT unless error_status() says else */
	char text[400]; /* one line without a newline: what, which, why; valid UTF-8 or not */
	char hint[400]; /* what to do about it, or "" */
};

/* Bytes of a text or hint, so that with "memtrace: " before it a line stays within 400. A longer
 * one loses its middle ("..."), so that a long path hides neither what failed nor why. */
#define ERROR_TEXT_MAX 389

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		EXIT_BAD_INPUT, "", ""                                                             \
	}

/* Formats the line (control characters in arguments become '?'), clears the hint; returns -1. */
int error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, and sets the exit status; returns -1. */
int error_status(struct error *err, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds or replaces the hint; returns -1, so that it can end a function too. */
int error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "CONTEXT: " in front of the line (a file's name, mostly); returns -1. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
