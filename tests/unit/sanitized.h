/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ADDRESS_SANITIZED: the address sanitizer's malloc stands in for libc's. gcc and clang say it each
 * in its own way. */
#ifndef UNIT_SANITIZED_H
#define UNIT_SANITIZED_H

#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZED
#endif
#endif

#endif
