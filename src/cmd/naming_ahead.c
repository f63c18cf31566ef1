/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread and its queue: see the header. A batch is one module's addresses; each is handed over once for an
 * image. The symbolizer belongs to the thread until it has ended; all else to the caller, but for the queue.
 *
 * Why a thread: opening libc's debug information takes tens of milliseconds, and rings must be drained meanwhile. The
 * work itself is done by the symbolizer's helper processes, which are forked while the tables of blocks are still
 * small. Cost: a look-up in a map for each new node of a stack.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/map.h"
#include "base/memory.h"
#include "cmd/naming_ahead.h"

enum { OPEN = 12 };
#define FIRST_NS 10000000ull
#define LONGEST_NS 2000000000ull

struct batch {
	char *path, *root;
	uint8_t build_id[64];
	size_t build_id_size;
	int32_t pid;
	uint64_t start, mapped_ns;
	ARRAY(uint64_t) addresses;
};

struct naming_ahead {
	struct symbolizer *symbolizer;
	/* What has been handed over of the image that is fed. */
	const struct image *image;
	uint32_t number; /* its number: another one may come to lie at the same address */
	size_t n_nodes;
	struct map known; /* (module, address) */
	uint64_t next_ns, step_ns;

	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more;
	ARRAY(struct batch *) queue;
	bool last;
};

struct naming_ahead *naming_ahead_new(const struct symbolizer_options *where)
{
	struct naming_ahead *ahead = xcalloc(1, sizeof *ahead);
	struct symbolizer_options options = *where;

	options.open = OPEN; /* the same modules are asked for again and again */
	ahead->symbolizer = symbolizer_new(&options);
	ahead->known.key_size = 2 * sizeof(uint64_t);
	ahead->step_ns = FIRST_NS;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->more, NULL);
	return ahead;
}

static void batch_free(struct batch *batch)
{
	free(batch->path);
	free(batch->root);
	ARRAY_FREE(&batch->addresses);
	free(batch);
}

/* The oldest batch, or NULL after the last. */
static struct batch *next_batch(struct naming_ahead *ahead)
{
	struct batch *batch = NULL;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->queue.count && !ahead->last)
		pthread_cond_wait(&ahead->more, &ahead->lock);
	if (ahead->queue.count) {
		batch = ahead->queue.items[0];
		memmove(ahead->queue.items, ahead->queue.items + 1, --ahead->queue.count * sizeof batch);
	}
	pthread_mutex_unlock(&ahead->lock);
	return batch;
}

static void *run(void *data)
{
	struct naming_ahead *ahead = data;
	struct batch *batch;

	while ((batch = next_batch(ahead))) {
		const struct symbol_module module = {
			.path = batch->path, .build_id = batch->build_id, .build_id_size = batch->build_id_size,
			.root = batch->root, .pid = batch->pid, .start = batch->start, .mapped_ns = batch->mapped_ns };
		uint32_t number = symbolizer_module(ahead->symbolizer, &module);

		symbolizer_prefetch(ahead->symbolizer, number, batch->addresses.items, batch->addresses.count);
		batch_free(batch);
	}
	return NULL;
}

/* The allocators of sanitizers keep their locks over a fork, so that a helper forked beside another thread may
 * wait for ever: there all is named at the end. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
enum { MAY_FORK_BESIDE_THREADS = 0 };
#elif defined __SANITIZE_THREAD__ || __has_feature(thread_sanitizer)
enum { MAY_FORK_BESIDE_THREADS = 0 };
#else
enum { MAY_FORK_BESIDE_THREADS = 1 };
#endif

/* Another malloc that was preloaded into us, too, may keep its locks over a fork. */
static bool malloc_is_libcs(void)
{
	Dl_info allocator, libc;

	return dladdr(dlsym(RTLD_DEFAULT, "malloc"), &allocator) && dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &libc) &&
		allocator.dli_fbase == libc.dli_fbase;
}

/* Signals are the main thread's. False: there is no thread to be had; all is then named at the end. */
static bool start(struct naming_ahead *ahead)
{
	sigset_t all, old;

	if (ahead->started || !MAY_FORK_BESIDE_THREADS || !malloc_is_libcs())
		return ahead->started;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ahead->started = pthread_create(&ahead->thread, NULL, run, ahead) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ahead->started;
}

static struct batch *batch_new(const struct image *image, const struct image_module *module, const char *root)
{
	struct batch *batch = xcalloc(1, sizeof *batch);

	batch->path = xstrdup(module->path);
	batch->root = root ? xstrdup(root) : NULL;
	batch->build_id_size = module->build_id_size;
	memcpy(batch->build_id, module->build_id, module->build_id_size);
	batch->pid = image->pid;
	batch->start = module->start;
	batch->mapped_ns = module->loaded_ns ? module->loaded_ns : image->started_ns;
	return batch;
}

static void add_address(struct naming_ahead *ahead, struct batch **batches, const struct image_node *node,
	const char *root)
{
	const struct image_module *module = &ahead->image->modules.items[node->module];
	uint64_t key[2] = { node->module, node->pc - module->bias };
	bool added;

	map_add(&ahead->known, key, 0, &added);
	if (!added)
		return;
	if (!batches[node->module])
		batches[node->module] = batch_new(ahead->image, module, root);
	*ARRAY_PUSH(&batches[node->module]->addresses) = key[1];
}

static void enqueue(struct naming_ahead *ahead, struct batch **batches, size_t count)
{
	pthread_mutex_lock(&ahead->lock);
	for (size_t i = 0; i < count; i++)
		if (batches[i])
			*ARRAY_PUSH(&ahead->queue) = batches[i];
	pthread_cond_signal(&ahead->more);
	pthread_mutex_unlock(&ahead->lock);
}

static void begin_image(struct naming_ahead *ahead, const struct image *image)
{
	ahead->image = image;
	ahead->number = image->number;
	ahead->n_nodes = 0;
	map_free(&ahead->known);
}

void naming_ahead_feed(struct naming_ahead *ahead, const struct image *image, const char *root, uint64_t now_ns)
{
	struct batch **batches;

	if (image != ahead->image || image->number != ahead->number)
		begin_image(ahead, image);
	if (!ahead->next_ns)
		ahead->next_ns = now_ns + ahead->step_ns;
	if (now_ns < ahead->next_ns || image->nodes.count <= ahead->n_nodes || !start(ahead))
		return;
	ahead->step_ns = ahead->step_ns * 2 < LONGEST_NS ? ahead->step_ns * 2 : LONGEST_NS;
	ahead->next_ns = now_ns + ahead->step_ns;
	batches = xcalloc(image->modules.count + 1, sizeof *batches);
	for (; ahead->n_nodes < image->nodes.count; ahead->n_nodes++) {
		const struct image_node *node = &image->nodes.items[ahead->n_nodes];

		if (node->flags == NODE_SEEN && node->module < image->modules.count)
			add_address(ahead, batches, node, root);
	}
	enqueue(ahead, batches, image->modules.count);
	free(batches);
}

struct symbolizer *naming_ahead_take(struct naming_ahead *ahead)
{
	struct symbolizer *symbolizer = ahead->symbolizer;

	pthread_mutex_lock(&ahead->lock);
	ahead->last = true;
	pthread_cond_signal(&ahead->more);
	pthread_mutex_unlock(&ahead->lock);
	if (ahead->started)
		pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->more);
	pthread_mutex_destroy(&ahead->lock);
	ARRAY_FREE(&ahead->queue);
	map_free(&ahead->known);
	free(ahead);
	return symbolizer;
}
