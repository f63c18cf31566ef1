/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See pointers.h. The kernel is asked once a page, by rt_sigprocmask, which reads the mask before
 * it looks at what is to be done with it: without an effect, without a descriptor, and allowed
 * wherever signals are. What another thread unmaps meanwhile is not guarded against. In a jail
 * nothing is asked, and all is believed.
 */
#include <stdint.h>
#include "shim/channel.h"
#include "shim/pointers.h"
#include "shim/sys.h"

enum { PAGE_BITS = 12, NOTHING = -1, MASK_BYTES = 8, EFAULT_ = -14 };

/* The word at AT; KNOWN is the number of the last page that could be read, or 0, which is nobody's.
 */
static bool is_readable(const void *at, uintptr_t *known)
{
	const uintptr_t page = (uintptr_t)at >> PAGE_BITS;

	if (page == *known)
		return page != 0;
	if (!page || (!channel.jail && SYS_CALL(SYS_rt_sigprocmask, NOTHING, (long)at & -MASK_BYTES,
					       0, MASK_BYTES) == EFAULT_))
		return false;
	*known = page;
	return true;
}

static bool is_text(const char *text, uintptr_t *known)
{
	while (is_readable(text, known))
		if (!*text++)
			return true;
	return false;
}

bool pointers_text(const char *text)
{
	uintptr_t known = 0;

	return is_text(text, &known);
}

bool pointers_list(char *const *list)
{
	uintptr_t known = 0, texts = 0;

	for (; list; list++) {
		if (!is_readable(list, &known) ||
			!is_readable((const char *)(list + 1) - 1, &known))
			return false;
		if (!*list)
			return true;
		if (!is_text(*list, &texts))
			return false;
	}
	return true;
}
