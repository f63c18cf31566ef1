/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short names of functions, as demanglers write the long ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "report/short_name.h"

static void check(const char *full, const char *wanted)
{
	struct short_name name;
	size_t n = short_name(&name, full, strlen(full)), used = 0;
	char got[512];

	for (size_t i = 0; i < n; i++) {
		memcpy(got + used, name.pieces[i].data, name.pieces[i].size);
		used += name.pieces[i].size;
	}
	got[used] = 0;
	cr_assert_str_eq(got, wanted, "%s: got %s, want %s", full, got, wanted);
}

Test(short_name, plain_functions)
{
	check("shop::outer(shop::Till&, int const*)", "shop::outer");
	check("shop::Till::middle(int)", "shop::Till::middle");
	check("f()", "f");
	check("f(int (*)(char), std::function<void (int)>)", "f");
	check("Foo::bar(int) const", "Foo::bar");
	check("Foo::bar(int) const volatile &&", "Foo::bar");
	check("Foo::bar() &", "Foo::bar");
	check("name[abi:cxx11](int)", "name[abi:cxx11]");
	check("(anonymous namespace)::f(int)", "(anonymous namespace)::f");
	check("Foo::Foo(Foo&&)", "Foo::Foo");
	check("Foo::~Foo()", "Foo::~Foo");
	check("main.foo(int)", "main.foo");
	check("main.foo!(int, char).foo(int)", "main.foo!(int, char).foo");
}

Test(short_name, templates_lose_what_they_return)
{
	check("void shop::inner<long>(long)", "shop::inner<long>");
	check("std::vector<int, std::allocator<int> >::push_back(int&&)",
		"std::vector<int, std::allocator<int> >::push_back");
	check("std::vector<A, B> make<A, B>(A, B)", "make<A, B>");
	check("unsigned long f<unsigned long>()", "f<unsigned long>");
	check("decltype (({parm#1})+({parm#2})) add<int, int>(int, int)", "add<int, int>");
	check("std::enable_if<(3 > 2), int>::type g<3>(int)", "g<3>");
	check("std::enable_if<(1 < 2), int>::type g<3>(int)", "g<3>");
	check("A<(char)60> h<(char)62>()", "h<(char)62>");
}

Test(short_name, operators)
{
	check("operator new(unsigned long, std::align_val_t)", "operator new");
	check("operator new[](unsigned long)", "operator new[]");
	check("Foo::operator()(int) const", "Foo::operator()");
	check("main::{lambda()#1}::operator()() const", "main::{lambda()#1}::operator()");
	check("f(int)::{lambda(char)#1}::operator()(char) const",
		"f(int)::{lambda(char)#1}::operator()");
	check("auto f(int)::{lambda(auto:1)#1}::operator()<int>(int) const",
		"f(int)::{lambda(auto:1)#1}::operator()<int>");
	check("Foo::operator bool() const", "Foo::operator bool");
	check("Foo::operator unsigned long() const", "Foo::operator unsigned long");
	check("Foo::operator->() const", "Foo::operator->");
	check("Foo::operator[](unsigned long)", "Foo::operator[]");
	check("operator&(A, B)", "operator&");
	check("operator,(A, B)", "operator,");
	check("operator<(A const&, A const&)", "operator<");
	check("bool operator< <int>(A<int> const&, A<int> const&)", "operator< <int>");
	check("std::ostream& operator<< <char>(std::ostream&, char)", "operator<< <char>");
	check("std::basic_ostream<char, std::char_traits<char> >& std::operator<< "
	      "<std::char_traits<char> >(std::basic_ostream<char, std::char_traits<char> >&, char const*)",
		"std::operator<< <std::char_traits<char> >");
	check("void call<&(Foo::operator<(Foo const&))>(int)", "call<&(Foo::operator<(Foo const&))>");
	check("my_operator(int)", "my_operator");
}

Test(short_name, parts_and_thunks)
{
	check("bar() [clone .cold]", "bar [clone .cold]");
	check("void f<int>(int) [clone .isra.0] [clone .cold]", "f<int> [clone .isra.0] [clone .cold]");
	check("non-virtual thunk to Foo::bar(int)", "non-virtual thunk to Foo::bar");
	check("virtual thunk to Foo::bar(int) const", "virtual thunk to Foo::bar");
}

Test(short_name, what_is_left_as_it_is)
{
	static const char *const names[] = {"", "main", "D main", "foo::bar", "std::mem::align_of::<usize, f64>",
		"<(A, B) as Foo>::bar", "main.(*T).Method", "(anonymous namespace)", "a::(anonymous namespace)",
		"int (*f(int))(char)", "Foo::operator()", "f (int)", "f(int", "f)int)", ")", "()", "(int)",
		"foo(int)::value", "vtable for Foo", "puts@plt", "[clone .cold]", " [clone .cold]", "memcpy@@GLIBC_2.14",
		"{lambda(int)#1}", "foo(int)::{lambda()#1}"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check(names[i], names[i]);
}

Test(short_name, is_a_part_of_the_name_whatever_that_is)
{
	static const char letters[] = "ab (<[{)>]}&,operator :clone .-*\1";
	uint64_t seed = 1;

	for (int round = 0; round < 200000; round++) {
		struct short_name name;
		char full[40];
		size_t size, n, sum = 0;

		for (size = 0; size < sizeof full; size++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			full[size] = letters[(seed >> 33) % (sizeof letters)];
			if (seed >> 59 == 0)
				break;
		}
		n = short_name(&name, full, size);
		for (size_t i = 0; i < n; i++) {
			cr_assert(name.pieces[i].data >= full && name.pieces[i].data + name.pieces[i].size <= full + size);
			sum += name.pieces[i].size;
		}
		cr_assert(sum <= size && (sum > 0) == (size > 0));
	}
}

Test(short_name, deep_and_long_ones)
{
	static char full[100000];
	struct short_name name;

	memset(full, '(', sizeof full);
	cr_assert_eq(short_name(&name, full, sizeof full), 1);
	memset(full, '<', sizeof full - 2);
	full[sizeof full - 2] = '(';
	full[sizeof full - 1] = ')';
	short_name(&name, full, sizeof full);
	memset(full, ' ', sizeof full - 3);
	full[sizeof full - 3] = 'f';
	cr_assert_eq(short_name(&name, full, sizeof full), 3);
	cr_assert_eq(name.pieces[1].size, 1);
}
