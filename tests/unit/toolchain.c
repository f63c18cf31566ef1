/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compilers at hand, for tests. See toolchain.h. */
#include "toolchain.h"
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/memory.h"
#include "symbol/elf.h"

#define MARK                                                                                       \
	"#define MARK __asm__ volatile(\"1: nop\\n.pushsection .marks,\\\"R\\\",@progbits\\n"      \
	".quad 1b\\n.popsection\" ::: \"memory\")\n"

static const char chain_c[] = MARK
	"#define HERE static inline __attribute__((always_inline))\n"
	"static volatile int sink;\n"
	"HERE void inner(int x) { sink = x; MARK; sink = x + 1; }\n"
	"HERE void middle(int x) { sink = 2; inner(x + 3); sink = 3; }\n"
	"__attribute__((noinline, used)) int outer(int x) { sink = 4; middle(x); return sink; }\n"
	"int main(int argc, char **argv) { (void)argv; return outer(argc) == 77; }\n";

static const char chain_cc[] = MARK
	"#define HERE inline __attribute__((always_inline))\n"
	"static volatile int sink; namespace shop {\n"
	"template <class T> HERE void inner(T x) { sink = x; MARK; sink = x + 1; }\n"
	"struct Till { int n; HERE void middle(int x) { sink = 2; inner<long>(x + n); sink = 3; } "
	"};\n"
	"__attribute__((noinline, used)) int outer(Till &t, const int *x) { sink = 4; "
	"t.middle(*x); return sink; }\n"
	"}\n"
	"int main(int argc, char **) { shop::Till t{argc}; return shop::outer(t, &argc) == 77; }\n";

static char folder[64];

void toolchain_begin(void)
{
	snprintf(folder, sizeof folder, "/tmp/memtrace-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

void toolchain_end(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(command), 0);
}

void toolchain_run(const char *format, ...)
{
	char command[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	cr_assert_eq(system(command), 0, "failed: %s", command);
}

bool toolchain_has(const char *program)
{
	char *command = xasprintf("command -v %s >/dev/null", program);
	bool has = !system(command);

	free(command);
	return has;
}

void toolchain_chain(const char *name, const char *compiler, const char *flags)
{
	toolchain_write("chain.c", chain_c, sizeof chain_c - 1);
	toolchain_run("%s -O2 -g %s chain.c -o %s", compiler, flags, name);
}

void toolchain_chain_cc(const char *name, const char *compiler, const char *flags)
{
	toolchain_write("chain.cc", chain_cc, sizeof chain_cc - 1);
	toolchain_run("%s -O2 -g %s chain.cc -o %s", compiler, flags, name);
}

uint64_t toolchain_mark(const char *name)
{
	struct error err = ERROR_INIT;
	struct elf *elf = elf_open(name, &err);
	struct elf_section *marks;
	uint64_t address;

	cr_assert_not_null(elf, "%s", err.text);
	marks = elf_section(elf, ".marks");
	cr_assert_not_null(marks);
	cr_assert_geq(marks->stored_size, 8);
	memcpy(&address, marks->stored, 8);
	cr_assert_neq(address, 0);
	elf_close(elf);
	return address;
}

uint8_t *toolchain_read(const char *name, size_t *size)
{
	struct error err = ERROR_INIT;
	struct file_view view;
	uint8_t *data;

	cr_assert_eq(file_view_open(&view, name, 1 << 30, &err), 0, "%s", err.text);
	data = xmalloc(view.size + 1);
	memcpy(data, view.data, view.size);
	*size = view.size;
	file_view_close(&view);
	return data;
}

void toolchain_write(const char *name, const void *data, size_t size)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(file_write(name, data, size, FILE_REPLACE, &err), 0, "%s", err.text);
}
