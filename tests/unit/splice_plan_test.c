/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which functions of which allocators can be moved: all that a program is made to ask for, of every library that is installed here. And
 * what a plan says of names: several for one function, local ones, ones that are not the program's.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "remote/splice_plan.h"
#include "unit/toolchain.h"

static const char *const basic[] = { "malloc", "free", "calloc", "realloc" };
static struct object library, program;
static struct splice_plan plan;

/* A library that exports what the real one does. */
static void begin(void)
{
	static const char names[] = "malloc free calloc realloc reallocarray posix_memalign memalign aligned_alloc valloc pvalloc "
		"malloc_usable_size _Znwm _Znam _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm mmap munmap mremap "
		"brk sbrk execve prctl syscall _exit confstr __clone __clone3";
	char list[sizeof names], *save = NULL;
	struct error err = ERROR_INIT;
	FILE *file;

	toolchain_begin();
	file = fopen("exports.c", "w");
	strcpy(list, names);
	for (char *name = strtok_r(list, " ", &save); name; name = strtok_r(NULL, " ", &save))
		fprintf(file, "void hook_%s(void) __asm__(\"%s\");\nvoid hook_%s(void) {}\n", name, name, name);
	fclose(file);
	toolchain_run("gcc -shared -fPIC -nostdlib -w -o exports.so exports.c");
	cr_assert_eq(object_open(&library, "exports.so", &err), 0, "%s", err.text);
	file = fopen("all.c", "w");
	fputs("#include <malloc.h>\n#include <pthread.h>\n#include <stdlib.h>\n#include <sys/mman.h>\n#include <unistd.h>\n#ifdef MUSL\n"
	      "#define pvalloc valloc\n#endif\nstatic void *work(void *p) { return p; }\n"
	      "int main(int argc, char **argv)\n{\n	void *p = malloc(1), *q = calloc(argc, 2);\n	pthread_t t;\n"
	      "	p = realloc(p, 9); free(q); posix_memalign(&q, 64, 64); q = memalign(64, 64); q = aligned_alloc(64, 64); q = valloc(1);\n"
	      "	q = pvalloc(1); q = reallocarray(q, 2, 2); pthread_create(&t, 0, work, q); sbrk(1); brk(q);\n"
	      "	q = mmap(0, 1, 0, 0, 0, 0); munmap(q, 1); mremap(p, 1, 1, 0); execve(argv[0], argv, argv);\n"
	      "	return malloc_usable_size(p);\n}\n", file);
	fclose(file);
	file = fopen("news.cc", "w");
	fputs("#include <new>\nvoid *volatile sink;\nint main()\n{\n	sink = new int; sink = new int[2]; sink = new (std::nothrow) int;\n"
	      "	sink = new (std::nothrow) int[2]; ::operator delete(sink); ::operator delete[](sink); ::operator delete(sink, 4);\n"
	      "	::operator delete[](sink, 4);\n}\n", file);
	fclose(file);
}

static void end(void)
{
	object_close(&library);
	toolchain_end();
}

TestSuite(splice_plan, .init = begin, .fini = end);

static void make(const char *path)
{
	struct error err = ERROR_INIT;
	struct splice_places places = { .bias = 0 };

	cr_assert_eq(object_open(&program, path, &err), 0, "%s", err.text);
	/* As it would be loaded. */
	places.bias = program.head.e_type == ET_DYN ? 0x555555554000 : 0;
	places.splice = places.bias + program.start - 0x40000;
	places.code = places.splice + 0x20000;
	splice_plan_make(&plan, &program, &library, &places);
}

static void unmake(void)
{
	splice_plan_free(&plan);
	object_close(&program);
}

/* All of the program's functions are moved. */
static void moves_all(const char *path, size_t least)
{
	make(path);
	for (size_t i = 0; i < plan.unmoved.count; i++)
		cr_assert_fail("%s: %s: %s", path, plan.unmoved.items[i].name, plan.unmoved.items[i].why);
	cr_assert_geq(plan.splice->n_rows, least, "%s: %u rows", path, plan.splice->n_rows);
	for (size_t i = 0; i < 4; i++) {
		const struct splice_row *row = splice_plan_row(&plan, basic[i]);

		cr_assert(row && row->moved && row->leads && row->taken > 0, "%s: %s", path, basic[i]);
	}
	unmake();
}

Test(splice_plan, glibc)
{
	if (access("/usr/lib/x86_64-linux-gnu/libc.a", R_OK) < 0)
		cr_skip_test("there is no static glibc");
	toolchain_run("gcc -static -w -o all all.c");
	moves_all("all", 20);
	toolchain_run("gcc -static-pie -w -o all all.c");
	moves_all("all", 20);
	toolchain_run("g++ -static -w -o news news.cc");
	moves_all("news", 20);
}

Test(splice_plan, musl)
{
	if (!toolchain_has("musl-gcc"))
		cr_skip_test("there is no musl");
	toolchain_run("musl-gcc -static -w -DMUSL -o all all.c");
	moves_all("all", 15);
	moves_all("/lib/ld-musl-x86_64.so.1", 15);
	/* It does not name the function by which it makes threads, but each must be seen, or the kernel asked in each event. */
	make("/lib/ld-musl-x86_64.so.1");
	cr_assert(splice_plan_row(&plan, "__clone"));
	cr_assert_eq(plan.splice->flags & SPLICE_THREADS_UNSEEN, 0);
	unmake();
}

static void archive(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "/usr/lib/x86_64-linux-gnu/%s", name);
	if (access(path, R_OK) < 0)
		cr_skip_test("there is no such library");
	toolchain_run("g++ -w -o news news.cc -Wl,--whole-archive %s -Wl,--no-whole-archive -lm -ldl -pthread", path);
	moves_all("news", 14);
}

Test(splice_plan, jemalloc)
{
	archive("libjemalloc.a");
}

Test(splice_plan, tcmalloc)
{
	archive("libtcmalloc_minimal.a");
}

Test(splice_plan, mimalloc)
{
	archive("libmimalloc.a");
}

static void compile(const char *text)
{
	toolchain_write("own.c", text, strlen(text));
	toolchain_run("gcc -O0 -fno-builtin -w -o own own.c");
	make("own");
}

Test(splice_plan, two_names_for_one_function)
{
	const struct splice_row *plain, *other;

	/* cfree is not exported by the library; valloc is, and its name comes first or last by chance: the jump is malloc's. */
	compile("void *malloc(unsigned long n) { static char all[999], *at = all; return at += n; }\n"
		"void *valloc(unsigned long n) __attribute__((alias(\"malloc\")));\n"
		"int main(void) { return !valloc(1); }\n");
	plain = splice_plan_row(&plan, "malloc");
	other = splice_plan_row(&plan, "valloc");
	cr_assert(plain && other && plain->moved == other->moved && plain->moved);
	cr_assert_eq(plain->leads, 1);
	cr_assert_eq(other->leads, 0);
	cr_assert_eq(plan.jumps.count, 1);
	unmake();
}

Test(splice_plan, local_functions)
{
	/* A function of the program's own that only has such a name. */
	compile("static void free(void *p) { static void *last; last = p; }\nint main(void) { free(0); return 0; }\n");
	cr_assert_eq(plan.splice->n_rows, 0);
	unmake();
	/* An allocator that is not exported. */
	compile("__attribute__((visibility(\"hidden\"))) void *malloc(unsigned long n) { static char all[999], *at = all; return at += n; }\n"
		"__attribute__((visibility(\"hidden\"))) void free(void *p) { static void *last; last = p; }\n"
		"int main(void) { free(malloc(1)); return 0; }\n");
	cr_assert_eq(plan.splice->n_rows, 2);
	unmake();
}

Test(splice_plan, operators_that_are_not_all_moved)
{
	compile("__asm__(\".globl _Znwm\\n.type _Znwm, @function\\n_Znwm: ret\\n.size _Znwm, 1\\n\"\n"
		"\".globl after\\n.type after, @function\\nafter: ret\\n.size after, 1\\n\");\nint main(void) { return 0; }\n");
	cr_assert_eq(plan.unmoved.count, 1);
	cr_assert_eq(plan.splice->flags & SPLICE_OPERATORS, 0);
	cr_assert_eq(splice_plan_row(&plan, "_Znwm")->moved, 0);
	unmake();
}

#define FUNCTION(name, code) ".globl " name "\\n.type " name ", @function\\n" name ": " code "\\n.size " name ", . - " name "\\n"
/* Only a short jump fits: its loop comes back behind its first two bytes. */
#define SHORT FUNCTION("malloc", "xor %eax, %eax; 1: inc %eax; cmp $3, %eax; jne 1b; ret")
#define ALIGN ".p2align 4\\n"

/* Is malloc moved in a program of this code? */
static bool moves(const char *code)
{
	char *text;
	bool moved;

	cr_assert_geq(asprintf(&text, "__asm__(\".text\\n%s\");\nint main(void) { return 0; }\n", code), 0);
	compile(text);
	free(text);
	cr_assert_eq(plan.splice->n_rows, 1);
	moved = plan.splice->rows[0].moved;
	cr_assert_eq(plan.unmoved.count, !moved);
	cr_assert_eq(plan.jumps.count > 0, moved);
	unmake();
	return moved;
}

Test(splice_plan, room_in_a_gap)
{
	const uint64_t room = 5;

	/* Before it, with the jump at its end; behind it; behind the next one. */
	cr_assert(moves(ALIGN FUNCTION("before", "ret") ALIGN SHORT FUNCTION("next", "ret")));
	cr_assert(moves(FUNCTION("before", "ret") SHORT ".skip 9, 0x90\\n" FUNCTION("next", "ret")));
	cr_assert(moves(FUNCTION("before", "ret") SHORT FUNCTION("next", "jmp before") ".skip 5, 0xcc\\n" FUNCTION("last", "ret")));
	cr_assert(moves(FUNCTION("before", "ret") SHORT FUNCTION("next", ".skip 100, 0x90; ret") ".skip 9, 0xcc\\n" FUNCTION("last", "ret")));
	cr_assert(!moves(FUNCTION("before", "ret") SHORT FUNCTION("next", ".skip 130, 0x90; ret") ".skip 9, 0xcc\\n" FUNCTION("last", "ret")));
	compile("__asm__(\".text\\n" ALIGN FUNCTION("before", "ret") ALIGN SHORT FUNCTION("next", "ret") "\");\nint main(void) { return 0; }\n");
	cr_assert_eq(plan.jumps.count, 2);
	cr_assert_eq(plan.jumps.items[0].at, plan.splice->rows[0].start - room);
	cr_assert_eq(plan.jumps.items[1].at, plan.splice->rows[0].start);
	cr_assert_eq(memcmp(plan.jumps.items[1].code, "\xeb\xf9", 2), 0);
	unmake();
}

Test(splice_plan, gaps_that_are_somebodys)
{
	/* Too small; zeros, which may be data; code without a name. */
	cr_assert(!moves(FUNCTION("before", "ret") ".skip 4, 0x90\\n" SHORT FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("before", "ret") ".skip 8, 0\\n" SHORT FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("before", "ret") ".skip 8, 0x90\\nret\\n" SHORT FUNCTION("next", "ret")));
	/* The function before it runs on through it, or may. */
	cr_assert(!moves(FUNCTION("before", "inc %eax") ".skip 9, 0x90\\n" SHORT FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("before", "call next") ".skip 9, 0x90\\n" SHORT FUNCTION("next", "ret")));
	/* Somebody jumps into it, from near and from afar. */
	cr_assert(!moves(FUNCTION("before", "je 3f; ret") "nop; nop; nop; 3: nop; nop; nop; nop\\n" SHORT FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("before", "ret") "nop; nop; nop; 3: nop; nop; nop; nop\\n" SHORT FUNCTION("next", ".skip 300, 0x90; ret")
		".skip 4, 0x90\\n" FUNCTION("afar", "call 3b; ret")));
	/* It is the middle of a bigger function. */
	cr_assert(!moves(FUNCTION("before", "ret") ".type big, @function\\nbig: inc %eax; jmp *%rax; .skip 9, 0x90\\n"
		SHORT FUNCTION("next", "ret") ".size big, . - big\\n"));
}

Test(splice_plan, filling_behind_a_function)
{
	cr_assert(moves(FUNCTION("malloc", "ret") ".skip 4, 0x90\\n" FUNCTION("next", "ret")));
	cr_assert(moves(FUNCTION("malloc", "ret") ".skip 4, 0xcc\\n" FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("malloc", "ret") ".skip 3, 0x90\\n" FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("malloc", "ret") ".skip 4, 0\\n" FUNCTION("next", "ret")));
	cr_assert(!moves(FUNCTION("malloc", "ret") "nop; 3: nop; nop; nop\\n" FUNCTION("next", "jmp 3b")));
	/* Where the room for two is one, the second has another. */
	compile("__asm__(\".text\\n" FUNCTION("before", "ret") SHORT FUNCTION("free", "ret") ".skip 9, 0x90\\n" FUNCTION("next", "ret")
		"\");\nint main(void) { return 0; }\n");
	cr_assert_eq(plan.unmoved.count, 0);
	cr_assert_eq(plan.jumps.count, 3);
	unmake();
}

Test(splice_plan, jumps_into_the_beginning_from_elsewhere)
{
	cr_assert(moves(FUNCTION("malloc", "nop; test %rdi, %rdi; ret; ret") FUNCTION("next", "jmp malloc; jmp malloc + 5")));
	cr_assert(!moves(FUNCTION("malloc", "nop; test %rdi, %rdi; ret; ret") FUNCTION("next", "jmp malloc + 1")));
	cr_assert(!moves(FUNCTION("malloc", "nop; test %rdi, %rdi; ret; ret") FUNCTION("next", ".skip 300, 0x90; jmp malloc + 1")));
	cr_assert(!moves(FUNCTION("malloc", "nop; test %rdi, %rdi; ret; ret") FUNCTION("next", ".skip 300, 0x90; je malloc + 1")));
	/* The same bytes in the midst of an instruction are none: mov $…,%rax, which holds a call of malloc + 1. */
	cr_assert(moves(FUNCTION("malloc", "nop; test %rdi, %rdi; ret; ret")
		FUNCTION("next", ".skip 300, 0x90; .byte 0x48, 0xb8, 0xe8; .long malloc + 1 - (. + 4); .byte 0, 0, 0; ret")));
}
