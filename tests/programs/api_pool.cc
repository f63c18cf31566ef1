// SPDX-License-Identifier: GPL-3.0-or-later
/* A pool in C++ that tells of its blocks: each has a line of its own, and so has the pool's memory. */
#include <memtrace.h>
#include <cstdio>
#include <cstdlib>
#include <new>

class Pool {
public:
	static constexpr unsigned int domain = 100;

	explicit Pool(std::size_t size) : memory(static_cast<char *>(std::malloc(size))) { memtrace_name_domain(domain, "C++ pool"); }
	~Pool() { std::free(memory); }
	template<typename T> T *make()
	{
		void *place = memory + used;
		used += sizeof(T);
		memtrace_track(domain, place, sizeof(T));
		return new (place) T;
	}
	template<typename T> void drop(T *object)
	{
		object->~T();
		memtrace_untrack(domain, object);
	}

private:
	char *memory;
	std::size_t used = 0;
};

struct Point {
	double x, y;
};

int main()
{
	static Pool pool(4096);
	Point *points[10];
	std::size_t current = 0, peak = 0;

	for (Point *&point : points)
		point = pool.make<Point>();
	for (int i = 0; i < 4; i++)
		pool.drop(points[i]);
	int status = ::memtrace_get_traced_memory(&current, &peak);
	int (*track)(unsigned int, const void *, std::size_t) = memtrace_track;
	int other = track(pool.domain + 1, points[0], 3);
	char text[100];
	std::snprintf(text, sizeof text, "%d %d %zu", status, other, peak - current);
	return std::puts(text) < 0;
}
