/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shim's set of stack hashes: what is put is found, in whatever table it stands, by whoever
 * asks. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include "shim/id_table.h"

static void *zeros(size_t size)
{
	void *at = aligned_alloc(64, size);

	cr_assert(at);
	return memset(at, 0, size);
}

static void grow(struct id_table *table)
{
	uint32_t index = table->n_tables;
	void *memory = zeros(id_table_bytes(index));

	if (!id_table_grow(table, index, memory))
		free(memory);
}

static void release(struct id_table *table)
{
	for (int i = 0; i < ID_TABLES; i++)
		free(table->tables[i]);
}

static uint64_t hash_of(uint64_t number)
{
	number = (number + 1) * 0x9E3779B97F4A7C15ull;
	return number ^ number >> 31;
}

Test(id_table, finds_what_was_put_and_nothing_else)
{
	struct id_table table = {.n_tables = 0};

	cr_assert(id_table_is_full(&table), "without any table it is time for one");
	cr_assert_eq(id_table_get(&table, 7), 0);
	grow(&table);
	cr_assert(!id_table_is_full(&table));
	for (uint32_t i = 1; i < 1000; i++)
		cr_assert(id_table_put(&table, hash_of(i), i));
	for (uint32_t i = 1; i < 1000; i++)
		cr_assert_eq(id_table_get(&table, hash_of(i)), i);
	cr_assert_eq(id_table_get(&table, hash_of(1000)), 0);
	release(&table);
}

Test(id_table, gives_an_id_again_where_it_was_taken_out)
{
	struct id_table table = {.n_tables = 0};

	grow(&table);
	for (uint32_t i = 1; i < 100; i++)
		id_table_put(&table, hash_of(i), i);
	id_table_first(&table, 0, hash_of(7))->id = 0;
	cr_assert_eq(id_table_get(&table, hash_of(7)), 0);
	cr_assert(id_table_put(&table, hash_of(7), 70));
	cr_assert_eq(id_table_get(&table, hash_of(7)), 70);
	cr_assert(!id_table_put(&table, hash_of(7), 71));
	cr_assert_eq(id_table_get(&table, hash_of(7)), 70);
	release(&table);
}

Test(id_table, keeps_the_first_id_of_a_hash)
{
	struct id_table table = {.n_tables = 0};

	grow(&table);
	cr_assert(id_table_put(&table, 42, 1));
	cr_assert(!id_table_put(&table, 42, 2));
	cr_assert_eq(id_table_get(&table, 42), 1);
	release(&table);
}

Test(id_table, grows_where_somebody_was_cut_off)
{
	struct id_table table = {.n_tables = 0};

	grow(&table);
	for (uint32_t i = 1; !id_table_is_full(&table); i++)
		id_table_put(&table, hash_of(i), i);
	table.tables[1] = calloc(1, id_table_bytes(1));
	cr_assert(!id_table_grow(&table, 1, &table));
	cr_assert(!id_table_is_full(&table));
	cr_assert_eq(table.n_tables, 2);
	cr_assert_eq(id_table_get(&table, hash_of(1)), 1);
	release(&table);
}

Test(id_table, probes_over_the_end)
{
	struct id_table table = {.n_tables = 0};
	uint64_t last = ~0ull;

	grow(&table);
	for (uint32_t i = 0; i < 20; i++)
		cr_assert(id_table_put(&table, last - i, i + 1));
	for (uint32_t i = 0; i < 20; i++)
		cr_assert_eq(id_table_get(&table, last - i), i + 1);
	release(&table);
}

/* What it takes it finds, what it does not take it does not know; and the last of its places is nobody's to search for. */
Test(id_table, refuses_what_a_full_table_cannot_take)
{
	struct id_table table = {.n_tables = 0};
	const uint32_t n = 4u << ID_TABLE_FIRST_BITS;
	uint32_t kept = 0;
	bool *taken = zeros(n);

	grow(&table);
	for (uint32_t i = 0; i < n; i++)
		kept += taken[i] = id_table_put(&table, hash_of(i), i + 1);
	cr_assert_gt(kept, n / 4 * 9 / 10);
	cr_assert_leq(kept, n / 4);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(id_table_get(&table, hash_of(i)), taken[i] ? i + 1 : 0);
	free(taken);
	release(&table);
}

Test(id_table, grows_and_finds_the_old)
{
	struct id_table table = {.n_tables = 0};
	const uint32_t n = 200000;

	for (uint32_t i = 1; i < n; i++) {
		if (id_table_is_full(&table))
			grow(&table);
		cr_assert(id_table_put(&table, hash_of(i), i));
	}
	cr_assert_gt(table.n_tables, 4);
	for (uint32_t i = 1; i < n; i++)
		cr_assert_eq(id_table_get(&table, hash_of(i)), i);
	release(&table);
}

Test(id_table, takes_one_successor)
{
	struct id_table table = {.n_tables = 0};
	void *one = zeros(id_table_bytes(0)), *two = zeros(id_table_bytes(0));

	cr_assert(id_table_grow(&table, 0, one));
	cr_assert(!id_table_grow(&table, 0, two));
	cr_assert_eq(table.n_tables, 1);
	free(two);
	release(&table);
}

/* Threads and a signal handler put and look up the same hashes; each hash must have one id for
 * all, never half of one. */
static struct id_table shared;
static _Atomic long wrong;
enum { SHARED = 100000, LOW = 0x10000000 };

static void use(uint32_t number, uint32_t who)
{
	uint32_t first, id = LOW * who + number;

	if (!(first = id_table_get(&shared, hash_of(number)))) {
		id_table_put(&shared, hash_of(number), id);
		first = id_table_get(&shared, hash_of(number));
	}
	if (first % LOW != number || first / LOW < 1 || first / LOW > 5 ||
		id_table_get(&shared, hash_of(number)) % LOW != number)
		wrong++;
}

static void handler(int signal)
{
	static _Atomic uint32_t next;
	uint32_t number = atomic_fetch_add(&next, 7919) % SHARED;

	(void)signal;
	use(number, 5);
}

static void *worker(void *who)
{
	for (uint32_t i = 0; i < SHARED; i++) {
		/* A handler must not call the allocator in the middle of itself: it waits while
		 * this thread grows. */
		if (id_table_is_full(&shared)) {
			sigset_t alarm, old;

			sigemptyset(&alarm);
			sigaddset(&alarm, SIGALRM);
			pthread_sigmask(SIG_BLOCK, &alarm, &old);
			grow(&shared);
			pthread_sigmask(SIG_SETMASK, &old, NULL);
		}
		use(i, (uint32_t)(uintptr_t)who);
	}
	return NULL;
}

Test(id_table, serves_threads_and_handlers_at_once, .timeout = 60)
{
	struct itimerval fast = {{0, 200}, {0, 200}}, none = {{0, 0}, {0, 0}};
	pthread_t threads[4];

	grow(&shared);
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &fast, NULL);
	for (uintptr_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &none, NULL);
	signal(SIGALRM, SIG_DFL);
	cr_assert_eq(wrong, 0);
	for (uint32_t i = 0; i < SHARED; i++)
		cr_assert_eq(id_table_get(&shared, hash_of(i)) % LOW, i);
	release(&shared);
}
