/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses to blocks and modules. Blocks of several domains may overlap, so the table's order alone
 * finds none of them; it is walked once an address, since few are asked for. A block of size 0 holds
 * its own address.
 */
#include "report/address.h"

#include <inttypes.h>
#include "report/emit.h"
#include "report/frame_json.h"
#include "report/safe.h"
#include "report/snapshot_json.h"
#include "report/traceback.h"

static bool holds(const struct block *block, uint64_t address)
{
	return address == block->address ||
	       (address > block->address && address - block->address < block->size);
}

static void add_block(struct address *address, const struct block *block)
{
	size_t at = address->blocks.count;

	ARRAY_PUSH(&address->blocks);
	for (; at > 0 && address->blocks.items[at - 1]->size > block->size; at--)
		address->blocks.items[at] = address->blocks.items[at - 1];
	address->blocks.items[at] = block;
}

/* Of several that stood there one after another, the last. */
static const struct module *find_module(const struct snapshot *snapshot, uint64_t address)
{
	for (size_t i = snapshot->modules.count; i-- > 0;) {
		const struct module *module = &snapshot->modules.items[i];

		if (address >= module->start && address < module->end)
			return module;
	}
	return NULL;
}

struct address *addresses_add(struct addresses *addresses, uint64_t value)
{
	const struct snapshot *snapshot = addresses->snapshot;
	struct address *address = ARRAY_PUSH(&addresses->all);

	address->address = value;
	for (size_t i = 0; i < snapshot->blocks.count; i++) {
		if (holds(&snapshot->blocks.items[i], value))
			add_block(address, &snapshot->blocks.items[i]);
	}
	address->module = find_module(snapshot, value);
	if (address->module)
		address->in_module = value - address->module->bias;
	return address;
}

void addresses_release(struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->all.count; i++) {
		ARRAY_FREE(&addresses->all.items[i].blocks);
		ARRAY_FREE(&addresses->all.items[i].names.all);
	}
	ARRAY_FREE(&addresses->all);
}

static void id_text(struct out *out, const struct snapshot *snapshot, string_id id)
{
	safe_write(out, strings_get(snapshot->strings, id), strings_size(snapshot->strings, id));
}

static void block_text(
	const struct snapshot *snapshot, const struct block *block, uint64_t address, struct out *out)
{
	const struct trace *trace = &snapshot->traces.items[block->trace];

	if (address == block->address)
		out_text(out, "the start");
	else
		out_format(out, "byte %" PRIu64, address - block->address);
	out_format(out, " of %" PRIu64 " bytes at 0x%" PRIx64 " (", block->size, block->address);
	id_text(out, snapshot, snapshot->domains.items[trace->domain].name);
	if (trace->thread != INDEX_NONE) {
		const struct thread *thread = &snapshot->threads.items[trace->thread];

		out_format(out, ", thread %" PRId64, thread->tid);
		out_text(out, thread->name ? " " : "");
		id_text(out, snapshot, thread->name);
	}
	out_text(out, ")\n");
}

static void address_text(const struct addresses *addresses, const struct address *address,
	struct sources *sources, struct out *out)
{
	const struct snapshot *snapshot = addresses->snapshot;
	struct view view;

	view_init(&view, snapshot, 0, false);
	for (size_t i = 0; i < address->blocks.count; i++) {
		const struct block *block = address->blocks.items[i];
		struct row_frames frames =
			stack_frames(&view, snapshot->traces.items[block->trace].stack);

		out_format(out, "0x%" PRIx64 ": ", address->address);
		block_text(snapshot, block, address->address, out);
		frames_write(&frames, sources, out, out->terminal);
		ARRAY_FREE(&frames.all);
	}
	view_release(&view);
	if (address->blocks.count)
		return;
	out_format(out, "0x%" PRIx64 ": ", address->address);
	if (address->module) {
		out_text(out, "in ");
		id_text(out, snapshot, address->module->path);
		out_format(out, "(+0x%" PRIx64 ")\n", address->in_module);
		frames_write(&address->names, sources, out, out->terminal);
	} else if (snapshot->keeps_blocks) {
		out_text(out, "in no live block and no module\n");
	} else {
		out_text(out, "in no module; live blocks were not kept\n");
	}
}

void addresses_text(const struct addresses *addresses, struct out *out)
{
	struct sources *sources = sources_new();

	for (size_t i = 0; i < addresses->all.count; i++)
		address_text(addresses, &addresses->all.items[i], sources, out);
	sources_free(sources);
}

static void block_json(
	struct emitter *emitter, const struct snapshot *snapshot, const struct view *view,
	const struct block *block, uint64_t address)
{
	const struct trace *trace = &snapshot->traces.items[block->trace];
	const struct domain *domain = &snapshot->domains.items[trace->domain];
	struct row_frames frames = stack_frames(view, trace->stack);

	emit_begin(emitter, NULL, '{');
	emit_hex(emitter, "address", block->address);
	emit_uint(emitter, "size", block->size);
	emit_uint(emitter, "offset", address - block->address);
	emit_uint(emitter, "domain", domain->id);
	emit_id(emitter, "domain_name", snapshot->strings, domain->name);
	if (trace->thread != INDEX_NONE) {
		emit_begin(emitter, "thread", '{');
		emit_int(emitter, "tid", snapshot->threads.items[trace->thread].tid);
		emit_id(emitter, "name", snapshot->strings,
			snapshot->threads.items[trace->thread].name);
		emit_end(emitter);
	} else {
		emit_null(emitter, "thread");
	}
	frames_json(emitter, "traceback", &frames);
	emit_uint(emitter, "total_nframe", trace->total_nframe);
	emit_end(emitter);
	ARRAY_FREE(&frames.all);
}

static void address_json(
	struct emitter *emitter, const struct snapshot *snapshot, const struct address *address)
{
	struct view view;

	view_init(&view, snapshot, 0, false);
	emit_begin(emitter, NULL, '{');
	emit_hex(emitter, "address", address->address);
	emit_begin(emitter, "blocks", '[');
	for (size_t i = 0; i < address->blocks.count; i++)
		block_json(emitter, snapshot, &view, address->blocks.items[i], address->address);
	emit_end(emitter);
	if (address->module) {
		emit_id(emitter, "module", snapshot->strings, address->module->path);
		emit_hex(emitter, "module_address", address->in_module);
	} else {
		emit_null(emitter, "module");
		emit_null(emitter, "module_address");
	}
	frames_json(emitter, "names", &address->names);
	emit_end(emitter);
	view_release(&view);
}

void addresses_json(const struct addresses *addresses, struct out *out)
{
	const struct snapshot *snapshot = addresses->snapshot;
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_string(&emitter, "schema", "memtrace-addr/1");
	emit_bool(&emitter, "blocks_kept", snapshot->keeps_blocks);
	snapshot_json(&emitter, "snapshot", snapshot, addresses->file);
	emit_begin(&emitter, "addresses", '[');
	for (size_t i = 0; i < addresses->all.count; i++)
		address_json(&emitter, snapshot, &addresses->all.items[i]);
	emit_end(&emitter);
	emit_end(&emitter);
}
