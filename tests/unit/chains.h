/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of the symbolizer on the programs of toolchain.h: chains as text.
 */
#ifndef TESTS_CHAINS_H
#define TESTS_CHAINS_H

#include "symbol/symbolizer.h"

/* What the marked place of toolchain_chain and toolchain_chain_cc should be. */
#define C_CHAIN "inner chain.c:4 inlined|middle chain.c:5 inlined|outer chain.c:6"
#define CC_CHAIN                                                                                   \
	"void shop::inner<long>(long) chain.cc:4 inlined|shop::Till::middle(int) chain.cc:5 "      \
	"inlined|"                                                                                 \
	"shop::outer(shop::Till&, int const*) chain.cc:6"

/* The chain of PC in MODULE, as "function file:line inlined|function file:line"; valid until
 * the next call. */
const char *chain_text(struct symbolizer *symbolizer, uint32_t module, uint64_t pc);

struct answer {
	char chain[4096], why[1024]; /* "" for NULL */
	enum module_names names;
};
/* That of the marked place of PATH, asked of a symbolizer that is new and has OPTIONS (may be
 * NULL). */
struct answer answer_of(const char *path, const struct symbolizer_options *options);

#endif
