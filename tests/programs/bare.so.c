/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cflags: -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-omit-frame-pointer */
/* Code that nothing is said about: without unwind information, but with frame pointers. */

void bare_call(void (*function)(int), int n);
void bare_call(void (*function)(int), int n)
{
	volatile char room[48];

	room[0] = (char)n;
	if (n % 2)
		bare_call(function, n - 1);
	else
		function(n);
	room[1] = room[0];
}
