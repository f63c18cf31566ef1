/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An output stream that knows whether a person looks at it: width, colour. Printers write here and
 * nowhere else; tests point it at memory. A write error is remembered and asked for once, at the
 * end (out_finish): a full disk behind `> file` is an error of the command, a closed pipe (head) is
 * not.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/error.h"

struct out {
	FILE *stream;
	bool terminal; /* a person looks at it */
	bool colour;   /* terminal, unless NO_COLOR (set, not empty) or TERM=dumb */
	int width;     /* columns; 0 when it is no terminal */
	bool failed;   /* from here on nothing is written */
	int failure;   /* errno of that */
};

/* Over an open stream, which stays the caller's. */
void out_init(struct out *out, FILE *stream);
void out_text(struct out *out, const char *text);
void out_bytes(struct out *out, const char *data, size_t size);
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Flushes; an error if anything could not be written, except EPIPE, which is silence. */
int out_finish(struct out *out, struct error *err);

#endif
