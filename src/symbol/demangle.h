/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names as their programmer wrote them: C++ (Itanium ABI, also "[clone .cold]"), Rust (legacy and
 * v0) and D.
 */
#ifndef SYMBOL_DEMANGLE_H
#define SYMBOL_DEMANGLE_H

/* NAME with parameters, as a new string of the caller's to free; NULL when it is no mangled name.
 */
char *demangle(const char *name);

#endif
