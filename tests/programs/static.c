/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ldflags: -static */
/* A static program: no dynamic loader, so nothing can be preloaded into it. With its symbols it is traced as the first one. */
#include "truth.h"

int main(void)
{
	(void)MADE(10, malloc(10));
	SAY("static\n");
	return 8;
}
