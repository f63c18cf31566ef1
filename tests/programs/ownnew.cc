/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -fsized-deallocation -faligned-new -Wno-mismatched-new-delete */
/* A program with its own operator new and delete, over malloc with a head before each block; all other forms are the library's. */
#include "heads.h"

void *operator new(size_t size)
{
	return head_made(size);
}

void operator delete(void *block) noexcept
{
	head_gone(block);
}

void operator delete(void *block, size_t) noexcept
{
	head_gone(block);
}

int main(void)
{
	heads_use(true, true);
	truth_write(NULL);
	return 0;
}
