/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How one name comes of several sources. Another file than the one that was mapped is never used
 * (mapped.c), but the debug file of the right one still can be, found by its build-id. Then, for the
 * outermost function:
 *
 *      1. the symbol table of the file (aliases, .cold parts); a stripped one has .dynsym and,
 *         beside it, what MiniDebugInfo adds
 *      2. debug information: up to here llvm-symbolizer's rules, in its order
 *      3. the symbol table of the debug file
 *      4. a larger symbol around the address; the function whose PLT entry it is ("foo@plt")
 *
 * Inlined levels, files and lines come from debug information alone. Names are demangled once each.
 * A module without any of it is not an error but a sentence, which names the file and the reason.
 */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "symbol/binary.h"
#include "symbol/debugfile.h"
#include "symbol/demangle.h"
#include "symbol/mapped.h"
#include "symbol/symtab.h"

struct binary {
	struct strings *strings;
	struct map demangled; /* string_id -> string_id */
	bool raw;
	struct elf *elf, *debug; /* either may be NULL */
	struct symtab symtab, debug_symtab;
	struct dwarf_file *dwarf;
	struct companion_search companions; /* strings are ours */
	char *from;			    /* the debug file's path, if one is used */
	struct error refused;		    /* why the file itself is not used */
	struct error why;		    /* why there are no lines */
};

/* ---- opening ---- */

static void watch(struct elf *elf, const struct binary_options *options)
{
	if (elf) {
		elf->progress = options->progress;
		elf->progress_data = options->progress_data;
	}
}

static void find_debug(struct binary *binary, const struct symbol_module *module,
	const struct binary_options *options)
{
	const struct symbolizer_options *search = options->search;
	struct debugfile_request request = {
		.path = module->path,
		.elf = binary->elf,
		.build_id = binary->elf ? binary->elf->build_id : module->build_id,
		.build_id_size = binary->elf ? binary->elf->build_id_size : module->build_id_size,
		.dirs = search ? search->debug_dirs : NULL,
		.debuginfod = search && search->debuginfod,
		.progress = options->progress,
		.progress_data = options->progress_data,
		.root = module->root,
	};
	struct error err = ERROR_INIT;

	if (binary->elf && elf_section(binary->elf, ".debug_info"))
		return;
	binary->debug = debugfile_find(&request, &binary->from, &binary->companions.at.root, &err);
	if (!binary->debug)
		error_set(&binary->why, "it has no debug information, and %s", err.text);
}

static void read_names(struct binary *binary, const struct binary_options *options)
{
	struct elf *with_lines = binary->debug ? binary->debug : binary->elf;

	watch(binary->elf, options);
	watch(binary->debug, options);
	if (binary->elf)
		symtab_read(&binary->symtab, binary->elf);
	if (binary->debug)
		symtab_read(&binary->debug_symtab, binary->debug);
	if (options->distrust)
		error_set(&binary->why, "%s", options->distrust);
	else if (with_lines && elf_section(with_lines, ".debug_info"))
		binary->dwarf = dwarf_file_open(
			with_lines, &binary->companions, binary->strings, &binary->why);
}

static struct binary *binary_new(const struct binary_options *options)
{
	struct binary *binary = xcalloc(1, sizeof *binary);

	binary->strings = strings_new();
	binary->demangled = (struct map)MAP_INIT(uint64_t);
	binary->raw = options->search && options->search->raw_names;
	binary->companions.open = options->open;
	return binary;
}

struct binary *binary_open(const struct symbol_module *module, const struct binary_options *options)
{
	const struct symbolizer_options *search = options->search;
	struct binary *binary = binary_new(options);

	binary->elf = mapped_open(module, &binary->refused);
	binary->companions.program = (struct rooted){module->root, xstrdup(module->path)};
	binary->companions.dirs = search ? search->debug_dirs : NULL;
	find_debug(binary, module, options);
	if (binary->from)
		binary->companions.at.path = binary->from;
	else
		binary->companions.at = binary->companions.program;
	read_names(binary, options);
	return binary;
}

struct binary *binary_open_memory(
	const void *data, size_t size, const struct binary_options *options)
{
	struct binary *binary = binary_new(options);

	/* Beside something its other files must be. */
	if (options->open)
		binary->companions.at = binary->companions.program = (struct rooted){NULL, xstrdup("memory")};
	binary->elf = elf_open_memory(data, size, &binary->refused);
	read_names(binary, options);
	return binary;
}

void binary_close(struct binary *binary)
{
	dwarf_file_close(binary->dwarf);
	symtab_free(&binary->symtab);
	symtab_free(&binary->debug_symtab);
	elf_close(binary->elf);
	elf_close(binary->debug);
	strings_free(binary->strings);
	map_free(&binary->demangled);
	free(binary->from);
	free((char *)binary->companions.program.path);
	free(binary);
}

/* ---- asking ---- */

static string_id plain_name(struct binary *binary, string_id name)
{
	uint64_t key = name, *known;
	char *text;

	if (binary->raw || !name)
		return name;
	known = map_find(&binary->demangled, &key);
	if (known)
		return *known;
	text = demangle(strings_get(binary->strings, name));
	if (text)
		name = strings_add(binary->strings, text);
	free(text);
	map_add(&binary->demangled, &key, name, NULL);
	return name;
}

/* For an address that neither the file's symbol table nor debug information can name. */
static string_id name_at_last(struct binary *binary, uint64_t address)
{
	const struct symtab_entry *entry = symtab_find(&binary->debug_symtab, address);
	string_id name;
	char *text;

	if (!entry)
		entry = symtab_find_around(&binary->symtab, address);
	if (!entry)
		entry = symtab_find_around(&binary->debug_symtab, address);
	if (entry)
		return strings_add(binary->strings, entry->name);
	entry = symtab_find_plt(&binary->symtab, address);
	if (!entry)
		return 0;
	text = xasprintf("%s@plt", entry->name);
	name = strings_add(binary->strings, text);
	free(text);
	return name;
}

size_t binary_lookup(struct binary *binary, uint64_t address, struct level levels[CHAIN_MAX])
{
	const struct symtab_entry *entry = symtab_find(&binary->symtab, address);
	size_t count =
		binary->dwarf ? dwarf_file_lookup(binary->dwarf, address, levels, CHAIN_MAX) : 0;
	struct level *outermost;

	if (!count) {
		memset(&levels[0], 0, sizeof levels[0]);
		count = 1;
	}
	outermost = &levels[count - 1];
	if (entry)
		outermost->function = strings_add(binary->strings, entry->name);
	else if (!outermost->function)
		outermost->function = name_at_last(binary, address);
	for (size_t i = 0; i < count; i++)
		levels[i].function = plain_name(binary, levels[i].function);
	return count;
}

const struct strings *binary_strings(const struct binary *binary)
{
	return binary->strings;
}

struct symbol_source binary_source(struct binary *binary)
{
	bool symbols = binary->symtab.count || binary->debug_symtab.count;
	struct symbol_source source = {MODULE_NAMES_NONE, binary->from, NULL};

	if (binary->dwarf) {
		source.names = MODULE_NAMES_DWARF;
		source.why = dwarf_file_lack(binary->dwarf);
		return source;
	}
	if (symbols)
		source.names = MODULE_NAMES_SYMTAB;
	if (!binary->elf && !binary->debug)
		source.why = binary->refused.text;
	else if (binary->why.text[0])
		source.why = binary->why.text;
	else
		source.why = "it has no debug information";
	return source;
}
