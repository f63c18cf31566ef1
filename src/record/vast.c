/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mremap moves page table entries: a microsecond for a megabyte, where a copy takes a hundred.
 */
#include <linux/mman.h>
#include <sys/mman.h>
#include "base/memory.h"
#include "record/vast.h"

void *vast_grow(void *old, size_t old_bytes, size_t bytes)
{
	void *memory = old ? mremap(old, old_bytes, bytes, MREMAP_MAYMOVE) :
			     mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		memory_out();
	return memory;
}

void vast_populate(void *at, size_t bytes)
{
	/* An older kernel cannot; then there are faults. */
	madvise(at, bytes, MADV_POPULATE_WRITE);
}

void vast_share(void *memory, size_t bytes, bool with_children)
{
	madvise(memory, bytes, with_children ? MADV_DOFORK : MADV_DONTFORK);
}

void vast_free(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}
