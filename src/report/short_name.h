/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions without what makes them long: snapshots hold the names of C++, Rust and D in full, with
 * the types of parameters; a table has no room for these.
 *
 *      void shop::inner<long>(long)                  shop::inner<long>
 *      main::{lambda(int)#1}::operator()(int) const  main::{lambda(int)#1}::operator()
 *      bar(int (*)(char)) [clone .cold]              bar [clone .cold]
 */
#ifndef REPORT_SHORT_NAME_H
#define REPORT_SHORT_NAME_H

#include <stddef.h>
#include "model/snapshot.h"
#include "report/table.h"

/* The short form of the SIZE bytes at FULL, in up to three pieces, of FULL or of nothing; how many.
 * A name that is none of a function with parameters, or that is not understood, is one piece. */
struct short_name {
	struct name pieces[3];
};
size_t short_name(struct short_name *name, const char *full, size_t size);

/* All functions of a snapshot get their short names, so that overloads are one function. */
void short_names(struct snapshot *snapshot);

#endif
