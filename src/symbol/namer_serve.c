/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper's end: opens the module's files by binary.c, says so, then answers until its parent
 * goes. Strings are given numbers as they are first needed, so each is sent once, and only those
 * that somebody sees. An answer goes out in parts, when enough has come together or a second has
 * passed, so that the other end knows that we live.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/memory.h"
#include "symbol/binary.h"
#include "symbol/helper.h"
#include "symbol/namer_serve.h"

#define NAMES_SIZE (64u << 10) /* of one NAMES message, about */

struct sender {
	int socket;
	struct binary_options options;
	struct binary *binary;
	struct map numbers; /* string_id -> the number sent */
	struct buffer strings, chains;
	size_t n_strings, n_chains;
	time_t last; /* when the last message went out */
};

static uint64_t send_string(struct sender *sender, string_id id)
{
	const struct strings *strings = binary_strings(sender->binary);
	uint64_t key = id, *number;
	bool added;

	if (!id)
		return 0;
	number = map_add(&sender->numbers, &key, sender->numbers.count + 1, &added);
	if (added) {
		buffer_string(
			&sender->strings, strings_get(strings, id), strings_size(strings, id));
		sender->n_strings++;
	}
	return *number;
}

static void send_names(struct sender *sender)
{
	struct buffer message = {0};

	buffer_u8(&message, NAMER_NAMES);
	buffer_varint(&message, sender->n_strings);
	buffer_bytes(&message, sender->strings.data, sender->strings.size);
	buffer_varint(&message, sender->n_chains);
	buffer_bytes(&message, sender->chains.data, sender->chains.size);
	helper_send(sender->socket, message.data, message.size);
	buffer_free(&message);
	sender->strings.size = sender->chains.size = 0;
	sender->n_strings = sender->n_chains = 0;
	sender->last = time(NULL);
}

static void send_text(struct buffer *message, const char *text)
{
	buffer_string(message, text ? text : "", text ? strlen(text) : 0);
}

static void send_source(struct sender *sender)
{
	struct symbol_source source = binary_source(sender->binary);
	struct buffer message = {0};

	buffer_u8(&message, NAMER_SOURCE);
	buffer_u8(&message, source.names);
	send_text(&message, source.from);
	send_text(&message, source.why);
	buffer_u8(&message, helper_is_spent());
	helper_send(sender->socket, message.data, message.size);
	buffer_free(&message);
}

static void send_chain(struct sender *sender, uint64_t address)
{
	struct level levels[CHAIN_MAX];
	size_t count = binary_lookup(sender->binary, address, levels);

	buffer_varint(&sender->chains, count);
	for (size_t i = 0; i < count; i++) {
		buffer_varint(&sender->chains, send_string(sender, levels[i].filename));
		buffer_varint(&sender->chains, send_string(sender, levels[i].function));
		buffer_varint(&sender->chains, levels[i].lineno);
	}
	sender->n_chains++;
	if (sender->strings.size + sender->chains.size >= NAMES_SIZE || time(NULL) > sender->last)
		send_names(sender);
}

static void open_module(struct sender *sender, const struct symbol_module *module)
{
	if (sender->binary)
		binary_close(sender->binary);
	map_free(&sender->numbers);
	sender->numbers = (struct map)MAP_INIT(uint64_t);
	sender->binary = binary_open(module, &sender->options);
}

/* To be freed; NULL for "". */
static char *receive_text(struct cursor *cursor)
{
	size_t size;
	const char *text = cursor_string(cursor, &size);

	return text && size ? xstrndup(text, size) : NULL;
}

static void open_other(struct sender *sender, struct cursor *cursor)
{
	struct symbol_module module = {0};
	char *path = receive_text(cursor), *root;

	module.path = path ? path : "";
	module.build_id = (const uint8_t *)cursor_string(cursor, &module.build_id_size);
	module.root = root = receive_text(cursor);
	module.pid = (int32_t)cursor_varint(cursor);
	module.start = cursor_varint(cursor);
	module.mapped_ns = cursor_varint(cursor);
	module.elsewhere = cursor_u8(cursor);
	if (!cursor_ok(cursor))
		_exit(EXIT_FAILURE);
	open_module(sender, &module);
	free(path);
	free(root);
}

void namer_serve(int socket, void *argument)
{
	const struct namer_job *job = argument;
	struct sender sender = {
		.socket = socket,
		.options = {.search = job->options,
			.distrust = job->distrust,
			.progress = helper_progress,
			.progress_data = &socket},
	};

	dwarf_file_forgo_cleanup();
	open_module(&sender, job->module);
	send_source(&sender);
	for (;;) {
		size_t size, count;
		void *request = helper_receive(socket, &size);
		struct cursor cursor = cursor_over(request, size);
		uint64_t address = 0;

		count = cursor_count(&cursor, 1);
		if (!count)
			open_other(&sender, &cursor);
		for (size_t i = 0; i < count; i++) {
			address += cursor_varint_signed(&cursor);
			send_chain(&sender, address);
		}
		if (sender.n_chains)
			send_names(&sender);
		send_source(&sender);
		free(request);
	}
}
