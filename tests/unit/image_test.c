/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events to accounts and to a snapshot: the rules of tracemalloc that the recorder keeps. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "record/image.h"

static struct image *image;
static struct image_ring ring;
static uint64_t tick;

static void setup(void)
{
	image = image_new(100);
	memset(&ring, 0, sizeof ring);
	ring.thread = image_thread(image, 100);
	tick = 0;
	image_node(image, 1, 0, 0x401000, 0);
	image_node(image, 2, 1, 0x402000, 0);
}

static void teardown(void)
{
	image_ring_end(image, &ring);
	image_free(image);
}

TestSuite(image, .init = setup, .fini = teardown);

static void tell(enum event_type type, uint64_t addr, uint64_t size)
{
	struct event event = { .type = type, .addr = addr, .size = size, .trace = 2, .tick = ++tick };

	if (type == EVENT_MAP || type == EVENT_UNMAP || (type == EVENT_UNDO && addr % 0x1000 == 0))
		event.domain = DOMAIN_MMAP;
	image_event(image, &ring, &event);
}

static void assert_live(uint64_t size, uint64_t count)
{
	cr_assert_eq(image->ledger.allocated.size - image->ledger.freed.size, size);
	cr_assert_eq(image->ledger.allocated.count - image->ledger.freed.count, count);
}

Test(image, alloc_and_free)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_ALLOC, 0x20, 0);
	assert_live(100, 2);
	tell(EVENT_FREE, 0x10, 0);
	assert_live(0, 1);
	cr_assert_eq(image->unknown_frees, 0);
}

Test(image, a_block_at_a_tracked_address_replaces_it)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_ALLOC, 0x10, 7);
	assert_live(7, 1);
	cr_assert_eq(image->ledger.allocated.count, 2);
}

Test(image, unknown_frees_are_counted)
{
	tell(EVENT_FREE, 0x10, 0);
	cr_assert_eq(image->unknown_frees, 1);
	assert_live(0, 0);
}

Test(image, realloc_goes_before_it_comes)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_MOVE, 0x10, 0);
	tell(EVENT_ALLOC, 0x20, 120);
	ledger_settle(&image->ledger);
	assert_live(120, 1);
	cr_assert_eq(image->ledger.peak.size, 120);
	cr_assert_eq(image->ledger.allocated.count, 2);
}

Test(image, a_failed_realloc_changes_nothing)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_MOVE, 0x10, 0);
	tell(EVENT_ALLOC, 0x20, 5); /* a signal handler in between */
	tell(EVENT_UNDO, 0x10, 0);
	assert_live(105, 2);
	cr_assert_eq(image->ledger.freed.count, 0);
	tell(EVENT_FREE, 0x10, 0);
	assert_live(5, 1);
}

Test(image, killed_inside_realloc_keeps_the_block)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_MOVE, 0x10, 0);
	image_ring_end(image, &ring);
	assert_live(100, 1);
}

Test(image, a_split_mapping_is_one_block)
{
	tell(EVENT_MAP, 0x10000, 0x8000);
	tell(EVENT_UNMAP, 0x12000, 0x1000);
	assert_live(0x7000, 1);
	tell(EVENT_UNMAP, 0x10000, 0x2000);
	assert_live(0x5000, 1);
	tell(EVENT_UNMAP, 0x10000, 0x8000);
	assert_live(0, 0);
	cr_assert_eq(image->ledger.allocated.count, 1);
}

Test(image, a_fixed_mapping_frees_what_it_covers)
{
	tell(EVENT_MAP, 0x10000, 0x4000);
	tell(EVENT_MAP, 0x11000, 0x1000);
	assert_live(0x4000, 2);
}

Test(image, a_failed_unmap_is_undone)
{
	tell(EVENT_MAP, 0x10000, 0x4000);
	tell(EVENT_UNMAP, 0x10000, 0x4000);
	tell(EVENT_UNDO, 0x10000, 0);
	assert_live(0x4000, 1);
	tell(EVENT_UNMAP, 0x10000, 0x4000);
	assert_live(0, 0);
}

/* Out of order, as from a pipe: ticks repair it. */
Test(image, late_free_of_a_replaced_block)
{
	struct event late = { .type = EVENT_FREE, .addr = 0x10, .tick = 5 };

	tick = 1;
	tell(EVENT_ALLOC, 0x10, 100);
	tick = 9;
	tell(EVENT_ALLOC, 0x10, 7);
	image_event(image, &ring, &late);
	assert_live(7, 1);
	cr_assert_eq(image->unknown_frees, 0);
}

Test(image, late_allocation_of_a_freed_block)
{
	struct event late = { .type = EVENT_ALLOC, .addr = 0x10, .size = 3, .trace = 1, .tick = 5 };

	tick = 9;
	tell(EVENT_FREE, 0x10, 0);
	image_event(image, &ring, &late);
	assert_live(0, 0);
	cr_assert_eq(image->unknown_frees, 0);
	cr_assert_eq(image->ledger.allocated.count, 1);
}

/* In one tick the order is that of arrival: the address of an unknown block is used again. */
Test(image, a_block_after_an_unknown_free_lives)
{
	tell(EVENT_FREE, 0x10, 0);
	tick--;
	tell(EVENT_ALLOC, 0x10, 7);
	assert_live(7, 1);
	cr_assert_eq(image->unknown_frees, 1);
}

/* A realloc or munmap that fails after everything was forgotten brings nothing back. */
/* A mapping at the time AT, which may be long ago. */
static void tell_at(uint64_t at, enum event_type type, uint64_t addr, uint64_t size)
{
	uint64_t now = tick;

	tick = at - 1;
	tell(type, addr, size);
	tick = now > at ? now : at;
}

Test(image, late_mapping_that_is_gone)
{
	tell_at(20, EVENT_UNMAP, 0x1000, 0x1000);
	tell_at(10, EVENT_MAP, 0x1000, 0x1000);
	assert_live(0, 0);
	cr_assert_eq(image->ledger.allocated.count, 1);
	tell_at(30, EVENT_MAP, 0x1000, 0x1000);
	assert_live(0x1000, 1);
}

Test(image, late_mapping_of_which_parts_are_left)
{
	tell_at(20, EVENT_UNMAP, 0x3000, 0x2000);
	tell_at(10, EVENT_MAP, 0x1000, 0x8000);
	assert_live(0x6000, 1);
	tell_at(30, EVENT_UNMAP, 0x1000, 0x2000);
	assert_live(0x4000, 1);
	tell_at(40, EVENT_UNMAP, 0x5000, 0x4000);
	assert_live(0, 0);
}

Test(image, late_mapping_below_a_younger_one)
{
	tell_at(20, EVENT_MAP, 0x2000, 0x1000);
	tell_at(10, EVENT_MAP, 0x1000, 0x3000);
	assert_live(0x3000, 2);
	tell_at(15, EVENT_UNMAP, 0x1000, 0x3000);
	assert_live(0x1000, 1);
	tell_at(30, EVENT_UNMAP, 0x2000, 0x1000);
	assert_live(0, 0);
}

Test(image, late_mapping_after_an_unmapping_that_failed)
{
	tell_at(20, EVENT_UNMAP, 0x1000, 0x1000);
	tell_at(21, EVENT_UNDO, 0x1000, 0);
	tell_at(10, EVENT_MAP, 0x1000, 0x1000);
	assert_live(0x1000, 1);
}

Test(image, clear_forgets_what_could_be_undone)
{
	tell(EVENT_ALLOC, 0x10, 100);
	tell(EVENT_MAP, 0x10000, 0x4000);
	tell(EVENT_MOVE, 0x10, 0);
	tell(EVENT_UNMAP, 0x10000, 0x1000);
	tell(EVENT_CLEAR, 0, 0);
	tell(EVENT_UNDO, 0x10, 0);
	tell(EVENT_UNDO, 0x10000, 0);
	assert_live(0, 0);
	cr_assert_eq(image->ledger.freed.count, 0);
	tell(EVENT_ALLOC, 0x10, 1);
	tell(EVENT_MOVE, 0x10, 0);
	tell(EVENT_CLEAR, 0, 0);
	image_ring_end(image, &ring);
	assert_live(0, 0);
	cr_assert_eq(image->ledger.freed.count, 0);
}

/* The rest of the mapping went, and its entry names another one: the piece that comes back is a block by itself. */
Test(image, undo_of_a_piece_whose_mapping_is_gone)
{
	struct image_ring other = { 0 };
	struct event unmap = { .type = EVENT_UNMAP, .domain = DOMAIN_MMAP, .addr = 0x11000, .size = 0x1000, .tick = 3 };
	struct event map = { .type = EVENT_MAP, .domain = DOMAIN_MMAP, .addr = 0x20000, .size = 0x1000, .trace = 1, .tick = 4 };

	tell(EVENT_MAP, 0x10000, 0x2000);
	tell(EVENT_UNMAP, 0x10000, 0x1000);
	image_event(image, &other, &unmap);
	image_event(image, &other, &map);
	tick = 5;
	tell(EVENT_UNDO, 0x10000, 0);
	assert_live(0x2000, 2);
	tell(EVENT_UNMAP, 0x20000, 0x1000);
	tell(EVENT_UNMAP, 0x10000, 0x1000);
	for (size_t i = 0; i < image->ledger.traces.count; i++) {
		cr_assert_eq(ledger_live(&image->ledger.traces.items[i]).size, 0);
		cr_assert_eq(ledger_live(&image->ledger.traces.items[i]).count, 0);
	}
	image_ring_end(image, &other);
}

static void load(uint32_t id, const char *path, uint64_t start)
{
	uint8_t bytes[sizeof(struct wire_module) + 64];
	struct wire_module module = { .id = id, .build_id_size = 2, .path_size = (uint16_t)strlen(path), .start = start,
		.end = start + 0x10000, .bias = start - 0x1000 };

	memcpy(bytes, &module, sizeof module);
	memcpy(bytes + sizeof module, "\xab\xcd", 2);
	memcpy(bytes + sizeof module + 2, path, strlen(path));
	image_load(image, bytes, sizeof module + 2 + strlen(path), 1);
}

Test(image, a_module_that_comes_back_is_the_same_one)
{
	for (uint32_t id = 10; id < 110; id++) {
		load(id, "/a.so", 0x500000);
		load(id + 1000, "/b.so", 0x600000);
		image_unload(image, id, 7);
		cr_assert_eq(image->loaded.count, id - 9);
	}
	cr_assert_eq(image->modules.count, 1 + 100);
	cr_assert(image->modules.items[0].unloaded);
	load(5, "/a.so", 0x500000);
	cr_assert_not(image->modules.items[0].unloaded);
	cr_assert_eq(image->modules.items[0].unloaded_ns, 0);
	image_unload(image, 5, 8);
	load(6, "/c.so", 0x500000);
	load(7, "/a.so", 0x500000);
	cr_assert_eq(image->modules.count, 1 + 100 + 2, "another library stood there meanwhile");
	image_node(image, 3, 1, 0x500010, 0);
	cr_assert_eq(image->nodes.items[3].module, 102, "the youngest");
}

Test(image, a_thread_is_found_among_many)
{
	uint32_t first = image_thread(image, 5000), index = 0;

	for (int32_t tid = 5001; tid < 5001 + 20000; tid++)
		index = image_thread(image, tid);
	cr_assert_eq(index, first + 20000);
	cr_assert_eq(image_thread(image, 5000), first);
	image_thread_name(image, 15000, "worker", 6);
	cr_assert_str_eq(image->threads.items[first + 10000].name, "worker");
}

/* After dlclose another library stands at the same place: each node keeps the one that was there. */
Test(image, snapshot_names_the_module_of_its_time)
{
	const struct image_state state = { .moment = "exit", .ended = true, .exit_code = -1, .directory = "/", .host = "h",
		.version = "v" };
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;

	load(1, "/a.so", 0x500000);
	image_node(image, 3, 1, 0x500010, 0);
	image_unload(image, 1, 2);
	load(2, "/b.so", 0x500000);
	image_node(image, 4, 1, 0x500010, 0);
	image_node(image, 5, 4, 900, WIRE_NODE_CUT);
	for (uint32_t node = 3; node <= 5; node++) {
		struct event event = { .type = EVENT_ALLOC, .addr = node * 16, .size = node, .trace = node, .tick = node };

		image_event(image, &ring, &event);
	}
	snapshot = image_snapshot(image, &state);
	cr_assert_eq(snapshot_sum(snapshot, &err), 0);
	cr_assert_eq(snapshot_check(snapshot, &err), 0, "%s", err.text);
	cr_assert_eq(snapshot->traces.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct trace *trace = &snapshot->traces.items[i];
		const struct location *leaf = &snapshot->locations.items[snapshot->stacks.items[trace->stack].location];

		cr_assert_str_eq(strings_get(snapshot->strings, snapshot->modules.items[leaf->module].path),
			i ? "/b.so" : "/a.so");
		cr_assert_eq(leaf->address, 0x1010);
		cr_assert_eq(trace->total_nframe, i == 2 ? 900 : 2);
		cr_assert_eq(snapshot_counts(snapshot, 0, i)->size, i + 3);
	}
	snapshot_free(snapshot);
}

Test(image, ids_far_off_are_refused)
{
	image_node(image, 1u << 31, 1, 0x1000, 0);
	cr_assert(image->bad_stream);
	cr_assert_lt(image->nodes.count, 100);
}
