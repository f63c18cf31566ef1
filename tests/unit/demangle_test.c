/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Demangling: names of each language, and what is no mangled name stays one's own. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "symbol/demangle.h"

static void check(const char *name, const char *wanted)
{
	char *got = demangle(name);

	if (wanted)
		cr_assert(got && !strcmp(got, wanted), "%s: got %s, want %s", name,
			got ? got : "(none)", wanted);
	else
		cr_assert_null(got, "%s: got %s", name, got);
	free(got);
}

Test(demangle, cplusplus)
{
	check("_ZNSt6vectorIiSaIiEE9push_backEOi",
		"std::vector<int, std::allocator<int> >::push_back(int&&)");
	check("_ZN5boost4asio10io_contextC1Ev", "boost::asio::io_context::io_context()");
	check("_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()() const");
	check("_Z3barv.cold", "bar() [clone .cold]");
	check("_ZN4shop5outerERNS_4TillE.isra.0", "shop::outer(shop::Till&) [clone .isra.0]");
	check("_ZnwmSt11align_val_t", "operator new(unsigned long, std::align_val_t)");
}

Test(demangle, rust)
{
	check("_ZN3foo3bar17h0123456789abcdefE", "foo::bar");
	check("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
	check("_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of::<usize, f64>");
}

Test(demangle, d)
{
	check("_D4main3fooFiZi", "main.foo(int)");
	check("_Dmain", "D main");
}

Test(demangle, versions_of_symbols_are_cut_off)
{
	check("_Znwm@@GLIBCXX_3.4", "operator new(unsigned long)");
	check("_Znwm@GLIBCXX_3.4", "operator new(unsigned long)");
}

Test(demangle, what_is_not_mangled)
{
	static const char *const names[] = {"", "_", "_Z", "_R", "_D", "i", "main", "malloc",
		"_start", "_Exit", "__libc_main", "_Zebra", "_Raise", "_Does_this", "_ZN", "_ZNSt",
		"foo.part.0", "_GLOBAL_OFFSET_TABLE_", "@", "_@_Z3foov"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check(names[i], NULL);
}

Test(demangle, long_and_deep_names_do_no_harm, .timeout = 20)
{
	static char name[200000];

	/* Nested types, too deep for a demangler that recurses without a limit. */
	strcpy(name, "_Z1f");
	memset(name + 4, 'P', 15000);
	strcpy(name + 15004, "i");
	free(demangle(name));
	memset(name + 4, 'P', sizeof name - 6);
	name[sizeof name - 2] = 'i';
	name[sizeof name - 1] = 0;
	check(name, NULL);
	/* Substitutions that double with each step. */
	strcpy(name, "_Z1fSt4pairI");
	for (int i = 0; i < 40; i++)
		strcat(name, "S_IS_S_E");
	free(demangle(name));
}
