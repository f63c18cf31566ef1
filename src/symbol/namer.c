/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our end of the conversation with a module's helper process; namer_serve.h tells how it goes.
 *
 * A helper that served another module before, or did not die by its own fault, proves nothing when
 * it dies: a fresh one goes on where it stopped, once. Else, when the helper dies, its module's
 * debug information is not trusted any more: a second helper reads the symbol tables only, and
 * names what is left. When that dies too, nothing has a name. What was named before stays: it came
 * from bytes that did no harm. Everything received is read through the cursor, since a dying
 * process may send anything.
 */
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/memory.h"
#include "symbol/binary.h"
#include "symbol/helper.h"
#include "symbol/namer.h"
#include "symbol/namer_serve.h"

#define MEMORY_MAX (4ull << 30)
#define PATIENCE_MS 20000
#define ASK_MAX 65536 /* addresses of one request */
#define AHEAD_MAX 4096 /* of one that finds room in the socket while its reader does something else */

/* How far trust in the module's files goes. */
enum trust { TRUST_ALL, TRUST_SYMBOLS, TRUST_NOTHING };

struct namer {
	struct symbol_module module;
	const struct symbolizer_options *options;
	struct strings *strings;
	enum trust trust;
	struct error distrust; /* the sentence for it */
	bool asked;	       /* the source is known */
	enum module_names names;
	string_id from, why; /* 0: none */
	struct helper helper;
	bool opened; /* the helper has this module's files */
	bool given;  /* it was told of them, and has not answered yet */
	size_t sent; /* so many addresses of a question, which it has not answered yet */
	bool reused; /* it has had another module's before */
	bool spent;  /* it is not to have any other's */
	bool tried_again;
	struct binary *binary;	   /* in_process */
	ARRAY(string_id) received; /* by the helper's number - 1 */
	struct symbol *levels;	   /* CHAIN_MAX of them, for telling */
};

/* The files cannot be trusted as far as they were; WHY is a clause like "the reader died of signal
 * 11". */
static void lose_trust(struct namer *namer, const struct error *why)
{
	bool again = !namer->tried_again && (namer->reused || namer->helper.outside);

	namer->received.count = 0;
	namer->given = false;
	namer->sent = 0;
	if (again) {
		namer->tried_again = true;
		namer->asked = false;
		return;
	}
	if (namer->trust == TRUST_ALL) {
		error_set(&namer->distrust, "its debug information %s (%s)",
			why->status == EXIT_MEMTRACE_FAILED || namer->helper.outside
				? "cannot be read"
				: "is corrupt",
			why->text);
		namer->trust = TRUST_SYMBOLS;
	} else {
		error_set(&namer->distrust, "its symbol table is corrupt (%s)", why->text);
		namer->trust = TRUST_NOTHING;
		namer->names = MODULE_NAMES_NONE;
		namer->why = strings_add(namer->strings, namer->distrust.text);
	}
	namer->asked = namer->trust == TRUST_NOTHING;
}

static void set_source(struct namer *namer, const struct symbol_source *source)
{
	namer->names = source->names;
	namer->from = source->from ? strings_add(namer->strings, source->from) : 0;
	namer->why = source->why ? strings_add(namer->strings, source->why) : 0;
	namer->asked = true;
}

static string_id receive_text(struct namer *namer, struct cursor *cursor)
{
	size_t size;
	const char *text = cursor_string(cursor, &size);

	return text && size ? strings_add_bytes(namer->strings, text, size) : 0;
}

static void receive_source(struct namer *namer, struct cursor *cursor)
{
	namer->names = cursor_u8(cursor);
	if (namer->names > MODULE_NAMES_DWARF)
		cursor->failed = true;
	namer->from = receive_text(namer, cursor);
	namer->why = receive_text(namer, cursor);
	namer->spent = cursor_u8(cursor);
	namer->asked = true;
}

static const char *received_string(const struct namer *namer, uint64_t number)
{
	return number && number <= namer->received.count
		       ? strings_get(namer->strings, namer->received.items[number - 1])
		       : NULL;
}

struct telling {
	namer_tell *tell;
	void *data;
	size_t index, n; /* told of so many; of so many */
};

static void receive_names(struct namer *namer, struct cursor *cursor, struct telling *telling)
{
	size_t n_strings = cursor_count(cursor, 1), n_chains;

	for (size_t i = 0; i < n_strings && cursor_ok(cursor); i++)
		*ARRAY_PUSH(&namer->received) = receive_text(namer, cursor);
	n_chains = cursor_count(cursor, 1);
	for (size_t i = 0; i < n_chains; i++) {
		size_t count = cursor_count(cursor, 3);

		if (!count || count > CHAIN_MAX || telling->index == telling->n)
			cursor->failed = true;
		for (size_t k = 0; k < count && cursor_ok(cursor); k++) {
			struct symbol *level = &namer->levels[k];

			level->filename = received_string(namer, cursor_varint(cursor));
			level->function = received_string(namer, cursor_varint(cursor));
			level->lineno = cursor_varint(cursor);
			level->inlined = k + 1 < count;
		}
		if (!cursor_ok(cursor))
			return;
		telling->tell(telling->data, telling->index++, namer->levels, count);
	}
}

/* Reads an answer up to and with its SOURCE. */
static int receive_answer(struct namer *namer, struct telling *telling, struct error *err)
{
	for (;;) {
		size_t size;
		void *message = helper_answer(&namer->helper, &size, err);
		struct cursor cursor = cursor_over(message, size);
		uint8_t kind = message ? cursor_u8(&cursor) : 0;

		if (kind == NAMER_NAMES)
			receive_names(namer, &cursor, telling);
		else if (kind == NAMER_SOURCE)
			receive_source(namer, &cursor);
		free(message);
		if (!message)
			return -1;
		if (!cursor_ok(&cursor) || (kind != NAMER_NAMES && kind != NAMER_SOURCE)) {
			helper_stop(&namer->helper);
			return error_set(err, "the reader talks nonsense");
		}
		if (kind == NAMER_SOURCE)
			return 0;
	}
}

/* A fresh helper. False: there can be none. */
static bool start_helper(struct namer *namer)
{
	static const struct helper_limits limits = {MEMORY_MAX, PATIENCE_MS};
	struct namer_job job = {&namer->module, namer->options,
		namer->trust == TRUST_ALL ? NULL : namer->distrust.text};
	struct error err = ERROR_INIT;

	namer->reused = false;
	if (!helper_start(&namer->helper, &limits, namer_serve, &job, &err))
		return true;
	namer->trust = TRUST_NOTHING;
	namer->asked = true;
	namer->names = MODULE_NAMES_NONE;
	namer->why = strings_add(namer->strings, err.text);
	return false;
}

/* Gives the module to a helper that had another one. */
static int give_module(struct namer *namer, struct error *err)
{
	const struct symbol_module *module = &namer->module;
	struct buffer request = {0};
	int result;

	buffer_varint(&request, 0);
	buffer_string(&request, module->path, strlen(module->path));
	buffer_string(&request, (const char *)module->build_id, module->build_id_size);
	buffer_string(&request, module->root ? module->root : "", module->root ? strlen(module->root) : 0);
	buffer_varint(&request, (uint64_t)module->pid);
	buffer_varint(&request, module->start);
	buffer_varint(&request, module->mapped_ns);
	buffer_u8(&request, module->elsewhere);
	result = helper_ask(&namer->helper, request.data, request.size, err);
	buffer_free(&request);
	return result;
}

/* Has a helper open the module's files; it will say when it has. False: there can be none, or it died. */
static bool begin_opening(struct namer *namer)
{
	struct error err = ERROR_INIT;
	bool fresh = !namer->helper.pid;

	namer->received.count = 0;
	namer->opened = false;
	if (fresh && !start_helper(namer))
		return false;
	if (!fresh && give_module(namer, &err)) {
		lose_trust(namer, &err);
		return false;
	}
	namer->given = true;
	return true;
}

/* Makes the helper ready to be asked, with less trust each time that it dies. False: nobody can be
 * asked. */
static bool open_helper(struct namer *namer)
{
	struct telling nothing = {0};

	while (!(namer->helper.pid && namer->opened) && namer->trust != TRUST_NOTHING) {
		struct error err = ERROR_INIT;

		if (!namer->given && !begin_opening(namer))
			continue;
		namer->given = false;
		if (receive_answer(namer, &nothing, &err))
			lose_trust(namer, &err);
		else
			namer->opened = true;
	}
	return namer->helper.pid;
}

static int send_question(struct namer *namer, const uint64_t *addresses, size_t n, struct error *err)
{
	struct buffer request = {0};
	uint64_t last = 0;
	int result;

	buffer_varint(&request, n);
	for (size_t i = 0; i < n; i++) {
		buffer_varint_signed(&request, addresses[i] - last);
		last = addresses[i];
	}
	result = helper_ask(&namer->helper, request.data, request.size, err);
	buffer_free(&request);
	return result;
}

void namer_begin(struct namer *namer, const uint64_t *addresses, size_t n)
{
	struct error err = ERROR_INIT;

	if (namer->options->in_process || namer->trust == TRUST_NOTHING || namer->given || namer->sent || !n)
		return;
	if (!(namer->helper.pid && namer->opened) && !begin_opening(namer))
		return;
	/* A reader that is still opening files, which may take minutes, would not take a longer one. */
	if (n > AHEAD_MAX)
		return;
	if (send_question(namer, addresses, n, &err))
		lose_trust(namer, &err);
	else
		namer->sent = n;
}

static void ask_helper(struct namer *namer, const uint64_t *addresses, struct telling *telling)
{
	while (telling->index < telling->n && open_helper(namer)) {
		size_t first = telling->index, n = telling->n - first, sent = namer->sent;
		struct error err = ERROR_INIT;

		if (n > ASK_MAX)
			n = ASK_MAX;
		namer->sent = 0;
		if ((!sent && send_question(namer, addresses + first, n, &err)) ||
			receive_answer(namer, telling, &err))
			lose_trust(namer, &err);
		else if (telling->index != first + n)
			namer->trust = TRUST_NOTHING; /* it answers, but not what was asked */
	}
}

static void open_binary(struct namer *namer)
{
	struct binary_options options = {.search = namer->options};
	struct symbol_source source;

	if (!namer->binary)
		namer->binary = binary_open(&namer->module, &options);
	source = binary_source(namer->binary);
	set_source(namer, &source);
}

static const char *own_string(struct namer *namer, string_id id)
{
	const struct strings *strings = binary_strings(namer->binary);

	if (!id)
		return NULL;
	return strings_get(
		namer->strings, strings_add_bytes(namer->strings, strings_get(strings, id),
					strings_size(strings, id)));
}

static void ask_binary(struct namer *namer, const uint64_t *addresses, struct telling *telling)
{
	struct level levels[CHAIN_MAX];

	open_binary(namer);
	for (; telling->index < telling->n; telling->index++) {
		size_t count = binary_lookup(namer->binary, addresses[telling->index], levels);

		for (size_t i = 0; i < count; i++)
			namer->levels[i] = (struct symbol){
				.filename = own_string(namer, levels[i].filename),
				.function = own_string(namer, levels[i].function),
				.lineno = levels[i].lineno,
				.inlined = i + 1 < count,
			};
		telling->tell(telling->data, telling->index, namer->levels, count);
	}
	open_binary(namer); /* what it lacks may have come to light */
}

void namer_ask(
	struct namer *namer, const uint64_t *addresses, size_t n, namer_tell *tell, void *data)
{
	struct telling telling = {tell, data, 0, n};

	if (namer->options->in_process)
		ask_binary(namer, addresses, &telling);
	else
		ask_helper(namer, addresses, &telling);
	for (; telling.index < n; telling.index++) {
		memset(&namer->levels[0], 0, sizeof namer->levels[0]);
		tell(data, telling.index, namer->levels, 1);
	}
}

struct symbol_source namer_source(struct namer *namer)
{
	struct symbol_source source;

	if (!namer->asked && namer->options->in_process)
		open_binary(namer);
	else if (!namer->asked)
		open_helper(namer);
	source.names = namer->names;
	source.from = namer->from ? strings_get(namer->strings, namer->from) : NULL;
	source.why = namer->why ? strings_get(namer->strings, namer->why) : NULL;
	return source;
}

struct namer *namer_new(const struct symbol_module *module,
	const struct symbolizer_options *options, struct strings *strings)
{
	struct namer *namer = xcalloc(1, sizeof *namer);

	namer->module = *module;
	namer->options = options;
	namer->strings = strings;
	namer->distrust = (struct error)ERROR_INIT;
	namer->levels = xcalloc(CHAIN_MAX, sizeof *namer->levels);
	return namer;
}

void namer_rest(struct namer *namer)
{
	helper_stop(&namer->helper);
	if (namer->binary)
		binary_close(namer->binary);
	namer->binary = NULL;
	namer->received.count = 0;
	namer->given = false;
	namer->sent = 0;
}

bool namer_take(struct namer *namer, struct namer *from)
{
	if (!from->helper.pid || from->spent || !from->opened || from->sent || from->trust != TRUST_ALL ||
		namer->trust != TRUST_ALL)
		return false;
	namer->helper = from->helper;
	namer->opened = false;
	namer->reused = true;
	from->helper.pid = 0;
	from->received.count = 0;
	return true;
}

bool namer_is_open(const struct namer *namer)
{
	return namer->helper.pid || namer->binary;
}

void namer_free(struct namer *namer)
{
	namer_rest(namer);
	ARRAY_FREE(&namer->received);
	free(namer->levels);
	free(namer);
}
