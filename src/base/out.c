/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The output stream of the printers. Buffering is stdio's; a failure is remembered with its errno
 * where it happens, since a later call would overwrite that, and told once by out_finish. A closed
 * pipe is the reader's wish, no error.
 */
#include "base/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80

static int window_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize window;
	int width = columns ? atoi(columns) : 0;

	if (width <= 0 && ioctl(fd, TIOCGWINSZ, &window) == 0)
		width = window.ws_col;
	return width > 0 ? width : DEFAULT_WIDTH;
}

void out_init(struct out *out, FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	int fd = fileno(stream);

	*out = (struct out){.stream = stream};
	out->terminal = fd >= 0 && isatty(fd);
	if (!out->terminal)
		return;
	out->colour = !(no_colour && *no_colour) && !(term && strcmp(term, "dumb") == 0);
	out->width = window_width(fd);
}

static void fail(struct out *out)
{
	if (!out->failed)
		out->failure = errno;
	out->failed = true;
}

void out_text(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

void out_bytes(struct out *out, const char *data, size_t size)
{
	if (size && !out->failed && fwrite(data, 1, size, out->stream) != size)
		fail(out);
}

void out_format(struct out *out, const char *format, ...)
{
	va_list args;

	if (out->failed)
		return;
	va_start(args, format);
	if (vfprintf(out->stream, format, args) < 0)
		fail(out);
	va_end(args);
}

int out_finish(struct out *out, struct error *err)
{
	if (!out->failed && fflush(out->stream) != 0)
		fail(out);
	if (!out->failed || out->failure == EPIPE)
		return 0;
	return error_status(
		err, EXIT_MEMTRACE_FAILED, "cannot write the output: %s", strerror(out->failure));
}
