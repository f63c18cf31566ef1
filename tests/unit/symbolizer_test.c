/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The symbolizer on real files: chains of all kinds, what it says when it cannot, and that bad
 * input costs only names. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "symbol/elf.h"
#include "symbol/symbolizer.h"
#include "chains.h"
#include "toolchain.h"

TestSuite(symbolizer, .init = toolchain_begin, .fini = toolchain_end, .timeout = 120);

#define LEVELS 16

static struct symbolizer *symbolizer;

static void begin(bool in_process)
{
	struct symbolizer_options options = {.in_process = in_process};

	symbolizer = symbolizer_new(&options);
}

static uint32_t module_of(const char *path)
{
	struct symbol_module module = {.path = path};

	return symbolizer_module(symbolizer, &module);
}

static const char *chain_of(uint32_t module, uint64_t pc)
{
	return chain_text(symbolizer, module, pc);
}

static void check_chain(const char *name, const char *flags, bool in_process, const char *wanted)
{
	struct symbol_source source;
	uint64_t mark = toolchain_mark(name);
	const char *got;

	begin(in_process);
	got = chain_of(module_of(name), mark + 1);
	source = symbolizer_source(symbolizer, module_of(name));
	cr_assert_str_eq(got, wanted, "0x%lx %s: got %s, why %s", mark, flags, got,
		source.why ? source.why : "-");
	cr_assert_eq(source.names, MODULE_NAMES_DWARF);
	cr_assert_null(source.why);
	symbolizer_free(symbolizer);
}

static const char *const kinds[] = {
	"-gdwarf-2",
	"-gdwarf-3",
	"-gdwarf-4",
	"-gdwarf-5",
	"-gdwarf-4 -gz=zlib",
	"-gdwarf-5 -gz=zlib",
	"-gz=zlib-gnu",
	"-gdwarf-5 -static-pie",
	"-no-pie -gdwarf-5",
	"-gdwarf-4 -ffunction-sections -Wl,--gc-sections",
	"-gdwarf-5 -ffunction-sections -Wl,--gc-sections",
	"-O3 -flto",
	"-gdwarf-4 -gdwarf64",
	"-gdwarf-5 -gdwarf64",
	"-gdwarf-4 -fdebug-types-section",
	"-gdwarf-5 -fdebug-types-section",
};

static void check_compiler(const char *cc, const char *cxx)
{
	if (!toolchain_has(cc) || !toolchain_has(cxx))
		cr_skip("there is no %s", cc);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool is_clang = strstr(cc, "clang");

		if (is_clang && (strstr(kinds[i], "zlib-gnu") || strstr(kinds[i], "flto")))
			continue; /* it has no such option, or not without a linker of its own */
		toolchain_chain("c", cc, kinds[i]);
		check_chain("c", kinds[i], false, C_CHAIN);
		check_chain("c", kinds[i], true, C_CHAIN);
		toolchain_chain_cc("cc", cxx, kinds[i]);
		check_chain("cc", kinds[i], true, CC_CHAIN);
	}
}

Test(symbolizer, inline_chains_of_gcc)
{
	check_compiler("gcc", "g++");
}

Test(symbolizer, inline_chains_of_clang)
{
	check_compiler("clang", "clang++");
}

Test(symbolizer, a_return_address_belongs_to_the_call_before_it)
{
	static const char text[] = "__attribute__((noreturn)) void leave(void);\n"
				   "void first(void)\n{\n\tleave();\n}\n"
				   "void second(void)\n{\n}\nvoid leave(void) { for (;;); }\nint "
				   "main(void) { first(); }\n";
	struct symbol levels[LEVELS];
	size_t size;
	uint8_t *data;

	/* leave() does not return: its return address is the first of what follows first(). */
	toolchain_write("end.c", text, sizeof text - 1);
	toolchain_run("gcc -g -O1 -fno-inline -fno-toplevel-reorder end.c -o end && "
		      "nm end | awk '$3 == \"second\" { print $1 }' >address");
	data = toolchain_read("address", &size);
	data[size] = 0;
	begin(false);
	cr_assert_geq(symbolizer_lookup(symbolizer, module_of("end"),
			      strtoull((char *)data, NULL, 16), levels, LEVELS),
		1);
	cr_assert_str_eq(levels[0].function, "first");
	cr_assert_eq(symbolizer_lookup(symbolizer, module_of("end"),
			     strtoull((char *)data, NULL, 16) + 1, levels, LEVELS),
		1);
	cr_assert_str_eq(levels[0].function, "second");
	symbolizer_free(symbolizer);
	free(data);
}

Test(symbolizer, without_debug_information_the_symbol_table_names)
{
	struct symbol_source source;

	toolchain_chain_cc("cc", "g++", "");
	toolchain_run("strip -g cc");
	begin(false);
	cr_assert_str_eq(chain_of(module_of("cc"), toolchain_mark("cc") + 1),
		"shop::outer(shop::Till&, int const*) ?:0");
	source = symbolizer_source(symbolizer, module_of("cc"));
	cr_assert_eq(source.names, MODULE_NAMES_SYMTAB);
	cr_assert_str_eq(
		source.why, "it has no debug information, and no debug file is installed for it");
	symbolizer_free(symbolizer);
}

Test(symbolizer, without_anything_it_is_one_symbol_of_nothing)
{
	struct symbol level;

	toolchain_chain("c", "gcc", "-static");
	toolchain_run("strip c");
	begin(false);
	cr_assert_eq(
		symbolizer_lookup(symbolizer, module_of("c"), toolchain_mark("c") + 1, &level, 1),
		1);
	cr_assert_null(level.filename);
	cr_assert_null(level.function);
	cr_assert_eq(level.lineno, 0);
	cr_assert_eq(symbolizer_source(symbolizer, module_of("c")).names, MODULE_NAMES_NONE);
	cr_assert_not_null(symbolizer_source(symbolizer, module_of("c")).why);
	symbolizer_free(symbolizer);
}

Test(symbolizer, an_exported_function_of_a_stripped_library_is_named)
{
	toolchain_chain("c.so", "gcc", "-fPIC -shared");
	toolchain_run("strip c.so");
	begin(false);
	cr_assert_str_eq(chain_of(module_of("c.so"), toolchain_mark("c.so") + 1), "outer ?:0");
	symbolizer_free(symbolizer);
}

Test(symbolizer, a_plt_entry_is_named_for_what_it_calls)
{
	static const char text[] =
		"#include <stdio.h>\nint main(int c, char **v) { return puts(v[c - 1]); }\n";
	size_t size;
	uint8_t *data;

	toolchain_write("plt.c", text, sizeof text - 1);
	toolchain_run(
		"gcc -O2 -fcf-protection plt.c -o plt && "
		"objdump -d plt | awk '/<puts@plt>:/ { print $1 }' >address && test -s address");
	data = toolchain_read("address", &size);
	data[size] = 0;
	begin(true);
	cr_assert_str_eq(
		chain_of(module_of("plt"), strtoull((char *)data, NULL, 16) + 5), "puts@plt ?:0");
	symbolizer_free(symbolizer);
	free(data);
}

Test(symbolizer, a_file_of_another_build_is_not_used)
{
	uint8_t id[20] = {1, 2, 3};
	struct symbol_module module = {.path = "c", .build_id = id, .build_id_size = sizeof id};
	struct symbol_source source;
	uint32_t index;

	toolchain_chain("c", "gcc", "-Wl,--build-id=0x1234567812345678123456781234567812345678");
	begin(false);
	index = symbolizer_module(symbolizer, &module);
	cr_assert_str_eq(chain_of(index, toolchain_mark("c") + 1), "? ?:0");
	source = symbolizer_source(symbolizer, index);
	cr_assert_eq(source.names, MODULE_NAMES_NONE);
	cr_assert_str_eq(source.why, "the file has changed since it was mapped: its build-id is "
				     "1234567812345678123456781234567812345678, was "
				     "0102030000000000000000000000000000000000");
	/* The true one, and an unknown one, are used. */
	memcpy(id,
		"\x12\x34\x56\x78\x12\x34\x56\x78\x12\x34\x56\x78\x12\x34\x56\x78\x12\x34\x56\x78",
		20);
	cr_assert_neq(symbolizer_module(symbolizer, &module), index);
	cr_assert_str_eq(
		chain_of(symbolizer_module(symbolizer, &module), toolchain_mark("c") + 1), C_CHAIN);
	module.build_id_size = 0;
	cr_assert_str_eq(
		chain_of(symbolizer_module(symbolizer, &module), toolchain_mark("c") + 1), C_CHAIN);
	symbolizer_free(symbolizer);
}

static void check_why(const char *path, const char *why)
{
	struct symbol_source source;

	begin(false);
	cr_assert_str_eq(chain_of(module_of(path), 0x1234), "? ?:0");
	source = symbolizer_source(symbolizer, module_of(path));
	cr_assert_eq(source.names, MODULE_NAMES_NONE);
	cr_assert_str_eq(source.why, why, "got %s", source.why);
	symbolizer_free(symbolizer);
}

Test(symbolizer, says_why_a_file_cannot_be_used)
{
	toolchain_write("text", "hello", 5);
	toolchain_run("mkfifo fifo && mkdir folder && : >empty");
	toolchain_chain("c", "gcc", "");
	toolchain_run("objcopy -O elf32-x86-64 c c32 2>/dev/null");
	check_why("/nowhere/at/all", "the file cannot be read: No such file or directory");
	check_why("text", "the file cannot be read: it is not an ELF file");
	check_why("fifo", "the file cannot be read: it is not a regular file");
	check_why("folder", "the file cannot be read: it is not a regular file");
	check_why("empty", "the file cannot be read: it is empty");
	check_why("c32", "the file cannot be read: it is not a file for x86-64 (64 bits)");
	check_why("/bin/gone (deleted)", "the file was deleted or replaced while the program ran");
}

Test(symbolizer, odd_addresses_have_no_name_and_do_no_harm)
{
	static const uint64_t pcs[] = {0, 1, 2, UINT64_MAX, UINT64_MAX - 1, 1ull << 63, 0x1000000};

	toolchain_chain("c", "gcc", "");
	begin(false);
	symbolizer_prefetch(symbolizer, module_of("c"), pcs, sizeof pcs / sizeof *pcs);
	symbolizer_prefetch(symbolizer, module_of("c"), pcs, 0);
	for (size_t i = 0; i < sizeof pcs / sizeof *pcs; i++)
		cr_assert_str_eq(chain_of(module_of("c"), pcs[i]), "? ?:0");
	symbolizer_free(symbolizer);
}

Test(symbolizer, keeps_what_it_knows)
{
	struct symbol levels[LEVELS], again[LEVELS];
	uint64_t pcs[4];
	uint32_t index;

	toolchain_chain("c", "gcc", "");
	pcs[0] = pcs[3] = toolchain_mark("c") + 1;
	pcs[1] = pcs[0] + 1;
	pcs[2] = 5;
	begin(false);
	index = module_of("c");
	cr_assert_eq(index, module_of("c"));
	symbolizer_prefetch(symbolizer, index, pcs, 4);
	toolchain_run("rm c"); /* who asks again would learn less, were it asked of the file */
	cr_assert_eq(symbolizer_lookup(symbolizer, index, pcs[0], levels, LEVELS), 3);
	cr_assert_eq(symbolizer_lookup(symbolizer, index, pcs[0], again, 2), 2);
	cr_assert_eq(levels[0].function, again[0].function, "the same string, not a copy");
	cr_assert(levels[0].inlined && levels[1].inlined && !levels[2].inlined);
	cr_assert_str_eq(again[1].function, "middle");
	cr_assert_eq(again[1].lineno, CHAIN_MIDDLE);
	symbolizer_free(symbolizer);
}

Test(symbolizer, many_modules_share_few_processes)
{
	struct symbol levels[LEVELS];
	uint64_t mark;

	toolchain_chain("c", "gcc", "");
	mark = toolchain_mark("c") + 1;
	toolchain_run("for i in $(seq 0 19); do cp c c$i; done");
	begin(false);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20; i++) {
			char name[16];
			size_t size;
			uint8_t *data;

			snprintf(name, sizeof name, "c%d", i);
			cr_assert_eq(symbolizer_lookup(symbolizer, module_of(name), mark + round,
					     levels, LEVELS),
				3);
			toolchain_run("cat /proc/%d/task/*/children | wc -w >children", getpid());
			data = toolchain_read("children", &size);
			/* One of them is the shell that counts. */
			cr_assert_leq(atoi((char *)data), 5);
			free(data);
		}
	symbolizer_free(symbolizer);
}

/* ---- harm ---- */

/* Sends SIGNAL, or 0, to all children of this process; the pid of the last. */
static pid_t kill_children(int signal)
{
	char *path = xasprintf("/proc/self/task/%d/children", gettid());
	FILE *file = fopen(path, "r");
	int pid = 0;

	free(path);
	cr_assert_not_null(file);
	while (fscanf(file, "%d", &pid) == 1)
		kill(pid, signal);
	fclose(file);
	cr_assert_gt(pid, 0);
	return pid;
}

static pid_t only_child(void)
{
	return kill_children(0);
}

enum { AHEAD = 60000 }; /* more than a socket takes */

Test(symbolizer, to_ask_ahead_waits_for_nobody)
{
	struct symbolizer_options options = {.open = 1};
	uint64_t *pcs = xcalloc(AHEAD, sizeof *pcs);
	uint64_t mark;
	pid_t reader;

	toolchain_chain("c", "gcc", "");
	toolchain_run("cp c d");
	mark = toolchain_mark("c") + 1;
	for (size_t i = 0; i < AHEAD; i++)
		pcs[i] = mark + i * 0x1000000;
	symbolizer = symbolizer_new(&options);
	cr_assert_str_eq(chain_of(module_of("c"), mark), C_CHAIN);
	reader = only_child();
	kill(reader, SIGSTOP);
	symbolizer_begin(symbolizer, module_of("d"), pcs, AHEAD);
	cr_assert_eq(only_child(), reader, "it has not been given up");
	kill(reader, SIGCONT);
	symbolizer_prefetch(symbolizer, module_of("d"), pcs, AHEAD);
	cr_assert_eq(only_child(), reader);
	cr_assert_str_eq(chain_of(module_of("d"), mark), C_CHAIN);
	symbolizer_free(symbolizer);
	free(pcs);
}

Test(symbolizer, a_reader_that_dies_costs_lines_not_names)
{
	struct symbol_source source;
	uint64_t mark;

	toolchain_chain("c", "gcc", "");
	mark = toolchain_mark("c") + 1;
	begin(false);
	cr_assert_str_eq(chain_of(module_of("c"), mark), C_CHAIN);
	kill(only_child(), SIGSEGV);
	cr_assert_str_eq(chain_of(module_of("c"), mark - 1), "outer ?:0");
	cr_assert_str_eq(chain_of(module_of("c"), mark), C_CHAIN, "what was known stays");
	source = symbolizer_source(symbolizer, module_of("c"));
	cr_assert_eq(source.names, MODULE_NAMES_SYMTAB);
	cr_assert_str_eq(
		source.why, "its debug information is corrupt (the reader died of signal 11)");
	kill(only_child(), SIGILL);
	cr_assert_str_eq(chain_of(module_of("c"), mark + 1), "? ?:0");
	source = symbolizer_source(symbolizer, module_of("c"));
	cr_assert_eq(source.names, MODULE_NAMES_NONE);
	cr_assert_str_eq(source.why, "its symbol table is corrupt (the reader died of signal 4)");
	symbolizer_free(symbolizer);
}

Test(symbolizer, a_reader_that_somebody_kills_costs_nothing)
{
	struct symbol_source source;
	uint64_t mark;

	toolchain_chain("c", "gcc", "");
	mark = toolchain_mark("c") + 1;
	begin(false);
	symbolizer_source(symbolizer, module_of("c"));
	kill(only_child(), SIGKILL);
	cr_assert_str_eq(chain_of(module_of("c"), mark), C_CHAIN);
	source = symbolizer_source(symbolizer, module_of("c"));
	cr_assert_eq(source.names, MODULE_NAMES_DWARF);
	cr_assert_null(source.why);
	/* Whoever kills it always is to be told of. */
	kill(only_child(), SIGKILL);
	cr_assert_str_eq(chain_of(module_of("c"), mark - 1), "outer ?:0");
	source = symbolizer_source(symbolizer, module_of("c"));
	cr_assert_str_eq(
		source.why, "its debug information cannot be read (the reader died of signal 9)");
	symbolizer_free(symbolizer);
}

Test(symbolizer, a_module_does_not_answer_for_the_one_before_it)
{
	struct symbol_source source;
	uint64_t mark;
	char name[] = "c0";

	toolchain_chain("c", "gcc", "");
	mark = toolchain_mark("c") + 1;
	toolchain_run("for i in 0 1 2 3 4; do cp c c$i; done");
	begin(false);
	for (; name[1] < '5'; name[1]++)
		cr_assert_str_eq(chain_of(module_of(name), mark), C_CHAIN);
	/* Only the last one's process had another module before. */
	name[1] = '4';
	kill_children(SIGSEGV);
	cr_assert_str_eq(chain_of(module_of(name), mark + 1), C_CHAIN);
	source = symbolizer_source(symbolizer, module_of(name));
	cr_assert_eq(source.names, MODULE_NAMES_DWARF);
	cr_assert_null(source.why);
	name[1] = '3';
	chain_of(module_of(name), mark + 1);
	source = symbolizer_source(symbolizer, module_of(name));
	cr_assert_eq(source.names, MODULE_NAMES_SYMTAB);
	symbolizer_free(symbolizer);
}

/* Overwrites bytes in the sections that hold debug information. */
static void harm(struct elf *elf, uint8_t *image, const uint8_t *sound, unsigned seed)
{
	memcpy(image, sound, elf->size);
	srandom(seed);
	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct elf_section *section = &elf->sections[i];
		unsigned changes = 1 + random() % 8;

		if (strncmp(section->name, ".debug_", 7) || !section->stored_size || random() % 2)
			continue;
		while (changes--)
			image[section->stored - elf->data + random() % section->stored_size] =
				random() % 3 ? random() : 0xff;
	}
}

Test(symbolizer, corrupt_debug_information_costs_names_never_the_run)
{
	size_t size;
	uint8_t *sound, *image;
	struct error err = ERROR_INIT;
	struct elf *elf;
	uint64_t mark;
	unsigned wrong = 0;

	toolchain_chain_cc("cc", "g++", "-gdwarf-5");
	mark = toolchain_mark("cc") + 1;
	sound = toolchain_read("cc", &size);
	image = xmalloc(size);
	elf = elf_open_memory(sound, size, &err);
	for (unsigned seed = 0; seed < 150; seed++) {
		struct symbol levels[LEVELS];
		size_t count;

		harm(elf, image, sound, seed);
		toolchain_write("harmed", image, size);
		begin(false);
		count = symbolizer_lookup(symbolizer, module_of("harmed"), mark, levels, LEVELS);
		cr_assert_geq(count, 1);
		/* Whatever became of the rest: the outermost name is the symbol table's. */
		if (count < LEVELS)
			cr_assert_str_eq(
				levels[count - 1].function, "shop::outer(shop::Till&, int const*)");
		wrong += count != 3 || levels[0].lineno != CHAIN_INNER;
		symbolizer_free(symbolizer);
	}
	cr_assert_gt(wrong, 0, "nothing was harmed: the test tests nothing");
	elf_close(elf);
	free(sound);
	free(image);
}

Test(symbolizer, a_file_cut_short_does_no_harm)
{
	size_t size;
	uint8_t *sound;
	uint64_t mark;

	toolchain_chain("c", "gcc", "");
	mark = toolchain_mark("c") + 1;
	sound = toolchain_read("c", &size);
	for (size_t cut = 1; cut < size; cut += 1 + size / 60) {
		toolchain_write("cut", sound, size - cut);
		begin(false);
		cr_assert_str_neq(chain_of(module_of("cut"), mark), "");
		cr_assert_not_null(symbolizer_source(symbolizer, module_of("cut")).why);
		symbolizer_free(symbolizer);
	}
	free(sound);
}
