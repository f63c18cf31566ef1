/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Objects that are held by nothing but a pointer to their second base class: reachable, as memcheck says. Also an object that is held
 * by its middle, an array with destructors, which is held by its first element, and one that is lost. Prints the sums, as leaks.c does.
 */
#include <stdio.h>

struct first {
	virtual ~first() {}
	virtual long one() { return a; }
	long a = 1;
};
struct second {
	virtual ~second() {}
	virtual long two() { return b; }
	long b = 2;
};
struct both : first, second {
	long one() override { return 3; }
	long two() override { return c; }
	long c = 4;
};
struct counted {
	~counted() { n++; }
	static long n;
	long d = 5;
};
long counted::n;

static second *volatile held[3];
static long *volatile middle;
static counted *volatile array;
static both *volatile lost;

static __attribute__((noinline)) void make()
{
	both *object;

	for (auto &one : held)
		one = new both;
	object = new both;
	middle = &object->c;
	array = new counted[4];
	lost = new both;
	lost = nullptr;
}

/* Deeper on the stack than what comes after it, which overwrites all of it. */
static __attribute__((noinline)) void make_deep()
{
	volatile char room[4096];

	room[0] = 0;
	make();
	room[4095] = room[0];
}

static __attribute__((noinline)) void scrub()
{
	volatile char bytes[1 << 15];

	for (auto &byte : bytes)
		byte = 0;
}

int main()
{
	const size_t size = sizeof(both), elements = sizeof(size_t) + 4 * sizeof(counted);

	make_deep();
	scrub();
	printf("definite 1 %zu indirect 0 0 possible 1 %zu reachable 4 %zu\n", size, size, 3 * size + elements);
	return 0;
}
