/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an image is told beside its events: nodes of stacks, modules, threads, names.
 *
 * A program may load and unload one library again and again, or start threads without end: a look-up costs the modules that
 * are loaded now, never those that have been, and no thread is searched for among all. A module that comes back to its
 * old place is the same one again.
 */
#include <stdlib.h>
#include <string.h>
#include "record/image.h"

/* The youngest loaded module around PC, a return address. */
static uint32_t module_at(const struct image *image, uint64_t pc)
{
	for (size_t i = image->loaded.count; i--;) {
		const struct image_module *module = &image->modules.items[image->loaded.items[i]];

		if (pc - 1 >= module->start && pc - 1 < module->end)
			return image->loaded.items[i];
	}
	return INDEX_NONE;
}

void image_node(struct image *image, uint32_t id, uint32_t parent, uint64_t pc, uint32_t flags)
{
	/* Ids are dense; one far off is not the shim's doing, and must not size our memory. */
	if (!id || parent >= id || id > image->nodes.count * 2 + (1 << 20)) {
		image->bad_stream = true;
		return;
	}
	while (image->nodes.count <= id)
		ARRAY_PUSH(&image->nodes);
	image->nodes.items[id] = (struct image_node){ pc, parent,
		flags & WIRE_NODE_CUT ? INDEX_NONE : module_at(image, pc), flags | NODE_SEEN };
}

uint32_t image_thread(struct image *image, int32_t tid)
{
	bool added;
	uint64_t *index = map_add(&image->threads_by_tid, &tid, image->threads.count, &added);

	if (added) {
		ARRAY_PUSH(&image->threads)->tid = tid;
		ARRAY_PUSH(&image->lasts);
	}
	return (uint32_t)*index;
}

void image_thread_name(struct image *image, int32_t tid, const char *name, size_t size)
{
	uint32_t index = image_thread(image, tid);
	struct image_thread *thread = &image->threads.items[index];

	free(thread->name);
	thread->name = xstrndup(name, size);
}

static bool is_same_module(const struct image_module *one, const struct image_module *other)
{
	return one->start == other->start && one->end == other->end && one->bias == other->bias &&
		one->build_id_size && one->build_id_size == other->build_id_size &&
		memcmp(one->build_id, other->build_id, one->build_id_size) == 0 && strcmp(one->path, other->path) == 0;
}

/* Adds MODULE, or finds that it is one that was unloaded and is back; its path is taken over. */
static void add_module(struct image *image, const struct image_module *module)
{
	uint64_t *place = map_add(&image->places, &module->start, image->modules.count, NULL);
	struct image_module *former = *place < image->modules.count ? &image->modules.items[*place] : NULL;

	if (former && former->unloaded && is_same_module(former, module)) {
		free(module->path);
		former->id = module->id;
		former->unloaded = false;
		former->unloaded_ns = 0;
	} else {
		*place = image->modules.count;
		*ARRAY_PUSH(&image->modules) = *module;
	}
	*ARRAY_PUSH(&image->loaded) = (uint32_t)*place;
}

void image_load(struct image *image, const void *data, size_t size, uint64_t realtime_ns)
{
	struct image_module module = { 0 };
	struct wire_module wire;
	const uint8_t *rest = (const uint8_t *)data + sizeof wire;

	if (size < sizeof wire)
		return;
	memcpy(&wire, data, sizeof wire);
	if (sizeof wire + wire.build_id_size + wire.path_size > size || wire.build_id_size > sizeof module.build_id ||
		wire.start >= wire.end || wire.end > INT64_MAX)
		return;
	module.id = wire.id;
	module.start = wire.start;
	module.end = wire.end;
	module.bias = wire.bias;
	module.loaded_ns = realtime_ns;
	module.build_id_size = wire.build_id_size;
	memcpy(module.build_id, rest, wire.build_id_size);
	module.path = xstrndup((const char *)rest + wire.build_id_size, wire.path_size);
	add_module(image, &module);
}

void image_unload(struct image *image, uint32_t id, uint64_t realtime_ns)
{
	size_t left = 0;

	for (size_t i = 0; i < image->loaded.count; i++) {
		struct image_module *module = &image->modules.items[image->loaded.items[i]];

		if (module->id == id) {
			module->unloaded = true;
			module->unloaded_ns = realtime_ns;
		} else {
			image->loaded.items[left++] = image->loaded.items[i];
		}
	}
	image->loaded.count = left;
}

void image_domain_name(struct image *image, uint32_t domain, const char *name, size_t size)
{
	*map_add(&image->domain_names, &domain, 0, NULL) = image->names.count;
	*ARRAY_PUSH(&image->names) = xstrndup(name, size);
}
