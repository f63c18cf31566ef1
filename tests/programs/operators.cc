/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-builtin -fsized-deallocation -faligned-new */
/* Every form of operator new, once, each with a size of its own on a line of its own; every form of delete after it. */
#include <new>
#include "rows.h"

static const std::align_val_t wide = std::align_val_t(64);

int main(int argc, char **argv)
{
	void *made[16];
	int n = 0;

	(void)argv;
	made[n++] = ROW("new", 101, ::operator new(101));
	made[n++] = ROW("new[]", 103, ::operator new[](103));
	made[n++] = ROW("new nothrow", 107, ::operator new(107, std::nothrow));
	made[n++] = ROW("new[] nothrow", 109, ::operator new[](109, std::nothrow));
	made[n++] = ROW("new aligned", 113, ::operator new(113, wide));
	made[n++] = ROW("new[] aligned", 127, ::operator new[](127, wide));
	made[n++] = ROW("new aligned nothrow", 131, ::operator new(131, wide, std::nothrow));
	made[n++] = ROW("new[] aligned nothrow", 137, ::operator new[](137, wide, std::nothrow));
	made[n++] = ROW("new sized", 139, ::operator new(139));
	made[n++] = ROW("new[] sized", 149, ::operator new[](149));
	made[n++] = ROW("new sized aligned", 151, ::operator new(151, wide));
	made[n++] = ROW("new[] sized aligned", 157, ::operator new[](157, wide));
	rows_write();
	if (argc > 1) { /* and all of them back */
		GONE(101, ::operator delete(made[0]));
		GONE(103, ::operator delete[](made[1]));
		GONE(107, ::operator delete(made[2], std::nothrow));
		GONE(109, ::operator delete[](made[3], std::nothrow));
		GONE(113, ::operator delete(made[4], wide));
		GONE(127, ::operator delete[](made[5], wide));
		GONE(131, ::operator delete(made[6], wide, std::nothrow));
		GONE(137, ::operator delete[](made[7], wide, std::nothrow));
		GONE(139, ::operator delete(made[8], 139));
		GONE(149, ::operator delete[](made[9], 149));
		GONE(151, ::operator delete(made[10], 151, wide));
		GONE(157, ::operator delete[](made[11], 157, wide));
	}
	truth_write(NULL);
	return 0;
}
