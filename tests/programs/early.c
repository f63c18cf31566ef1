/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -O0 ldflags: -Lbuild/tests -learly -Wl,-rpath,$ORIGIN */
/* early: its library ends it before main, see early.so.c. */
void early(void);

int main(void)
{
	early();
	return 1;
}
