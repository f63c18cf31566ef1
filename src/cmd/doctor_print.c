/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The diagnosis for people and for scripts. What is well is short; what is not has a line of its own, and what to do about it.
 */
#include <stdlib.h>
#include <string.h>
#include "base/units.h"
#include "cmd/doctor.h"
#include "cmd/splicing.h"
#include "report/emit.h"
#include "report/safe.h"

static void write_safely(struct out *out, const char *text)
{
	safe_write(out, text, strlen(text));
}

static void print_answer(struct out *out, const char *what, const struct doctor_answer *answer, const char *how)
{
	if (!answer->asked)
		return;
	out_format(out, "%-12s%s", what, answer->possible ? "yes, by " : "no: ");
	write_safely(out, answer->possible ? how : answer->why);
	out_text(out, "\n");
	if (answer->hint) {
		out_format(out, "%-12s", "");
		write_safely(out, answer->hint);
		out_text(out, "\n");
	}
}

static void print_lack(struct out *out, const struct doctor_module *module)
{
	out_text(out, "  ");
	write_safely(out, module->path);
	out_format(out, ": %s", module->names == MODULE_NAMES_SYMTAB ? "functions, no lines" : "no names");
	if (module->why) {
		out_text(out, "; ");
		write_safely(out, module->why);
	}
	out_text(out, "\n");
	if (module->package) {
		out_text(out, "      package ");
		write_safely(out, module->package);
		out_text(out, ": its debug symbols are ");
		write_safely(out, module->package);
		out_text(out, "-dbgsym or a package -dbg beside it\n");
	}
	if (module->debug_file)
		out_format(out, "      or the file %s\n", module->debug_file);
}

static void print_modules(const struct doctor *doctor, struct out *out)
{
	size_t with_lines = 0;
	char count[UNITS_MAX];

	for (size_t i = 0; i < doctor->modules.count; i++)
		with_lines += doctor->modules.items[i].names == MODULE_NAMES_DWARF;
	out_format(out, "%-12s%s, %zu with lines", "names", units_count(count, doctor->modules.count, "module"), with_lines);
	if (doctor->no_modules) {
		out_text(out, "; ");
		write_safely(out, doctor->no_modules);
	}
	out_text(out, "\n");
	for (size_t i = 0; i < doctor->modules.count; i++)
		if (doctor->modules.items[i].names != MODULE_NAMES_DWARF)
			print_lack(out, &doctor->modules.items[i]);
}

void doctor_print(const struct doctor *doctor, struct out *out)
{
	out_format(out, "%-12s", doctor->pid ? "process" : "program");
	if (doctor->pid)
		out_format(out, "%d, ", (int)doctor->pid);
	write_safely(out, doctor->path);
	out_format(out, ", %s\n", doctor->what);
	print_answer(out, "run", &doctor->run, splicing_suits(doctor->kind) ? "jumps written into it before it runs (ptrace)" :
									    "a library loaded into it (LD_PRELOAD)");
	print_answer(out, "attach", &doctor->attach, "a library that it is made to load");
	print_modules(doctor, out);
	out_format(out, "%-12s%s\n", "limits", doctor->obstacles.count ? "" : "none that matter");
	for (size_t i = 0; i < doctor->obstacles.count; i++) {
		out_text(out, "  ");
		write_safely(out, doctor->obstacles.items[i]);
		out_text(out, "\n");
	}
}

/* ---- JSON ---- */

static void emit_words(struct emitter *emitter, const char *key, const char *text)
{
	if (text)
		emit_string(emitter, key, text);
	else
		emit_null(emitter, key);
}

static void emit_answer(struct emitter *emitter, const char *key, const struct doctor_answer *answer)
{
	if (!answer->asked) {
		emit_null(emitter, key);
		return;
	}
	emit_begin(emitter, key, '{');
	emit_bool(emitter, "possible", answer->possible);
	emit_words(emitter, "why", answer->why);
	emit_words(emitter, "hint", answer->hint);
	emit_end(emitter);
}

static void emit_module(struct emitter *emitter, const struct doctor_module *module)
{
	static const char *const names[] = {
		[MODULE_NAMES_NONE] = "none", [MODULE_NAMES_SYMTAB] = "symtab", [MODULE_NAMES_DWARF] = "dwarf"};

	emit_begin(emitter, NULL, '{');
	emit_words(emitter, "path", module->path);
	emit_words(emitter, "build_id", *module->build_id ? module->build_id : NULL);
	emit_words(emitter, "names", names[module->names]);
	emit_words(emitter, "from", module->from);
	emit_words(emitter, "why", module->why);
	emit_words(emitter, "package", module->package);
	emit_words(emitter, "debug_file", module->debug_file);
	emit_end(emitter);
}

void doctor_print_json(const struct doctor *doctor, struct out *out)
{
	struct emitter emitter = {.out = out};

	emit_begin(&emitter, NULL, '{');
	emit_words(&emitter, "schema", "memtrace-doctor/1");
	emit_known(&emitter, "pid", (uint64_t)doctor->pid);
	emit_words(&emitter, "path", doctor->path);
	emit_words(&emitter, "what", doctor->what);
	emit_answer(&emitter, "run", &doctor->run);
	emit_answer(&emitter, "attach", &doctor->attach);
	emit_begin(&emitter, "modules", '[');
	for (size_t i = 0; i < doctor->modules.count; i++)
		emit_module(&emitter, &doctor->modules.items[i]);
	emit_end(&emitter);
	emit_words(&emitter, "modules_unknown", doctor->no_modules);
	emit_begin(&emitter, "limits", '[');
	for (size_t i = 0; i < doctor->obstacles.count; i++)
		emit_words(&emitter, NULL, doctor->obstacles.items[i]);
	emit_end(&emitter);
	emit_end(&emitter);
}

/* ---- the end ---- */

static void release_answer(struct doctor_answer *answer)
{
	free(answer->why);
	free(answer->hint);
}

void doctor_release(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->modules.count; i++) {
		struct doctor_module *module = &doctor->modules.items[i];

		free(module->path);
		free(module->build_id);
		free(module->from);
		free(module->why);
		free(module->package);
		free(module->debug_file);
	}
	ARRAY_FREE(&doctor->modules);
	for (size_t i = 0; i < doctor->obstacles.count; i++)
		free(doctor->obstacles.items[i]);
	ARRAY_FREE(&doctor->obstacles);
	release_answer(&doctor->run);
	release_answer(&doctor->attach);
	free(doctor->no_modules);
	free(doctor->path);
}
