/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin */
/* Every C entry point that makes a block, once, each with a size of its own on a line of its own. */
#include <dlfcn.h>
#include <sys/mman.h>
#include "rows.h"

int main(void)
{
	void *volatile keep;
	void *block = NULL;
	char *mapping;

	keep = ROW("malloc", 11, malloc(11));
	keep = ROW("calloc", 39, calloc(3, 13));
	keep = ROW("realloc of NULL", 17, realloc(NULL, 17));
	keep = ROW("reallocarray of NULL", 57, reallocarray(NULL, 3, 19));
	keep = ROW("aligned_alloc", 4160, aligned_alloc(64, 4160));
	keep = ROW("memalign", 23, memalign(128, 23));
	keep = ROW("valloc", 29, valloc(29));
	keep = ROW("pvalloc", 31, pvalloc(31));
	keep = ROW("posix_memalign", 37, posix_memalign(&block, 256, 37) ? NULL : block);
	keep = ROW("malloc of nothing", 0, malloc(0));
	keep = ROW("calloc of nothing", 0, calloc(0, 41));
	keep = ROW("malloc by pointer", 43, ((void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc"))(43));
	mapping = ROW("mmap", 4097, mmap(NULL, 4097, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	mapping = ROW("mmap64", 8191, mmap64(NULL, 8191, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	truth_gone(8191);
	mapping = ROW("mremap", 12289, mremap(mapping, 8191, 12289, MREMAP_MAYMOVE));
	keep = ROW("sbrk", 47, sbrk(47));
	truth_made(53);
	row_add("brk", __LINE__ + 1, 53);
	if (brk((char *)sbrk(0) + 53))
		return 1;
	(void)keep;
	(void)mapping;
	rows_write();
	truth_write(NULL);
	return 0;
}
