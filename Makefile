# SPDX-License-Identifier: GPL-3.0-or-later
#
# One Makefile, not recursive but for variants; everything goes into build/. Sources are found by wildcard, so a new
# file is one file. Names in here are relative: the tree may stand under a path with spaces.
#
#   make                  build/memtrace and build/libmemtrace.so
#   make check            every test there is; ends with "N passed, N failed"
#   make demo             profiles a real program of this machine and shows its top
#   make verify           compares 10 million stack walks over real programs with libgcc's, and some with libunwind's
#   make bench            what it costs, as ratios; BENCH='--quick python3' chooses (tests/bench/run --help)
#   make install          with PREFIX (default /usr/local), DESTDIR and LIBDIR; make uninstall takes all of it away again
#   make dist             build/memtrace-VERSION.tar.xz, the same bytes each time
#   make deb              the Debian package and its source, in build/deb, as scripts/deb says
#   make fuzz-guided      fuzzers that follow coverage (clang's libFuzzer); tests/fuzz/guided runs them, as make check does
#   make SAN=address,undefined    the CLI under sanitizers, in build/san-address-undefined (never the shim)
#   make CC=clang         a changed compiler or flag rebuilds what it touches
#
# Variables: CC CXX CFLAGS CPPFLAGS LDFLAGS SAN PREFIX LIBDIR DESTDIR V=1 (show commands), and for check what tests/run says.

SHELL := /bin/bash
CC := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
CXX := $(if $(filter default undefined,$(origin CXX)),$(if $(findstring clang,$(CC)),clang++,g++),$(CXX))
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
SAN ?=
comma := ,
B := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) '$@')

# Where it is to be found; install puts it there below DESTDIR. A distribution that keeps libraries of several architectures says
# its LIBDIR.
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
SHIMDIR = $(LIBDIR)/memtrace
INCLUDEDIR = $(PREFIX)/include
SHAREDIR = $(PREFIX)/share
MANDIR = $(SHAREDIR)/man
DOCDIR = $(SHAREDIR)/doc/memtrace
# Where shells look: zsh in other folders for what Debian brings than for what its users install.
BASHDIR = $(SHAREDIR)/bash-completion/completions
ZSHDIR = $(SHAREDIR)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
FISHDIR = $(SHAREDIR)/fish/vendor_completions.d
SHIM_RELATIVE := $(shell realpath -ms --relative-to='$(BINDIR)' '$(SHIMDIR)')

# What is built of what.
ROOMS := base model record remote symbol report cmd
CLI_SOURCES := $(sort $(wildcard $(ROOMS:%=src/%/*.c)))
SHIM_SOURCES := $(sort $(wildcard src/shim/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c))
FUZZ_NAMES := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
PLUGIN_SOURCES := $(sort $(wildcard tests/programs/*.so.c))
PROGRAM_SOURCES := $(filter-out $(PLUGIN_SOURCES),$(sort $(wildcard tests/programs/*.c tests/programs/*.cc)))
# Programs of make bench: those of BENCH_ALONE are measured, or measure, and so are linked with nothing of ours; the others
# measure the house's own functions.
BENCH_ALONE := measure loop short_threads live_blocks
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))
MAN_PAGES := $(sort $(wildcard man/*.[1-8]))
API_HEADERS := $(sort $(wildcard include/memtrace.h))

# The page of memtrace report, whose text is in the binary.
PAGE_SOURCES := $(sort $(wildcard src/report/page/*))

CLI_OBJECTS := $(CLI_SOURCES:%.c=$B/%.o) $B/page/page.o
HOUSE_OBJECTS := $(filter-out $B/src/cmd/main.o,$(CLI_OBJECTS))
SHIM_OBJECTS := $(SHIM_SOURCES:%.c=build/%.o)
# What they call is kept_NAME, src/shim/splice.c.
KEPT := call_begin_slow tell_alloc_of tell_free_of tell_move_of tell_map tell_unmap tell_undo life_start real_find_cxx \
	arena_allocate arena_free
SPLICED_OBJECTS := $(addprefix build/spliced/src/shim/,hooks.o hooks_new.o hooks_map.o)
VERIFY_OBJECTS := $(SHIM_SOURCES:%.c=build/verify/%.o)
UNIT_OBJECTS := $(UNIT_SOURCES:%.c=$B/%.o)
FUZZERS := $(FUZZ_NAMES:%=$B/fuzz/%_fuzz)
PROGRAMS := $(patsubst tests/programs/%,build/tests/%,$(basename $(PROGRAM_SOURCES)))
PLUGINS := $(patsubst tests/programs/%.so.c,build/tests/lib%.so,$(PLUGIN_SOURCES))
BENCHES := $(patsubst build/bench/%.so,build/bench/lib%.so,$(BENCH_SOURCES:tests/bench/%.c=build/bench/%))

WARN := -Wall -Wextra
DEFINES := -D_GNU_SOURCE -Iinclude -Isrc
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
CLI_FLAGS = -std=gnu11 $(WARN) $(DEFINES) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS)
CLI_LIBS := -ldwarf -lelf -ljansson -lzstd -lz -llzma -ldeflate -liberty -lncursesw -ltinfo -lpthread -lm
ifneq ($(wildcard src/remote/*.c),)
CLI_LIBS += -lunwind-ptrace -lunwind-generic
endif
# In the program the shim must stand alone: libc only, calls of malloc and friends taken as plain calls, no lazy
# binding, exceptions and cancellation pass through its hooks, 16-byte compare and swap for its tables. A distribution's hardening
# would end the program for us, and asks libc for more than scripts/shim-needs.txt allows.
SHIM_FLAGS = -std=gnu11 $(WARN) $(DEFINES) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden \
	-fno-builtin -ftls-model=initial-exec -fexceptions -fasynchronous-unwind-tables -mcx16 -U_FORTIFY_SOURCE -fno-stack-protector
# The same sources for a static program, which has no libc for us: see src/shim/blob/start.c. Only general registers, since hooks that
# are reached by a jump keep all of these for their callers, and nobody keeps others.
# And always gcc's: clang knows no_caller_saved_registers, but not for functions that libc declares without.
SPLICE_CC := $(if $(findstring clang,$(CC)),gcc,$(CC))
BLOB_SOURCES := $(filter-out $(addprefix src/shim/,lookup.c graft.c join.c unwind_libgcc.c),$(SHIM_SOURCES)) $(sort $(wildcard src/shim/blob/*.c))
BLOB_OBJECTS := $(BLOB_SOURCES:%.c=build/blob/%.o)
BLOB_FLAGS = $(SHIM_FLAGS) -DMEMTRACE_BLOB -mgeneral-regs-only -fcf-protection=none -ffreestanding \
	-ffunction-sections -fdata-sections
BLOB_LINK := -shared -nostdlib -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--gc-sections \
	-Wl,--eh-frame-hdr -Wl,-soname,libmemtrace-static.so -Wl,-e,blob_start -Wl,--version-script=src/shim/blob/exports.map
SHIM_LINK := -shared -static-libgcc -Wl,-z,now -Wl,-z,relro -Wl,-z,defs -Wl,-z,noexecstack -Wl,-z,nodelete \
	-Wl,-Bsymbolic-functions -Wl,-soname,libmemtrace.so -Wl,--exclude-libs,ALL -Wl,--as-needed

.PHONY: all check check-all demo bench verify verify-build install uninstall dist deb clean programs unit fuzz fuzz-guided FORCE
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

all: $B/memtrace $B/libmemtrace.so $B/libmemtrace-static.so build/compile_commands.json

# A stamp holds the flags: it changes only when they do, and what it touches is made again.
# $(1) file, $(2) text
define stamp
$(1): FORCE
	@mkdir -p '$$(dir $$@)'
	@printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - '$$@' || printf '%s\n' '$(subst ','\'',$(2))' > '$$@'
endef
$(eval $(call stamp,$B/flags.cli,$(CC) $(CLI_FLAGS) $(CLI_LIBS) $(LDFLAGS)))
$(eval $(call stamp,$B/flags.prefix,$(PREFIX) $(LIBDIR) $(INCLUDEDIR) $(SHIM_RELATIVE)))
$(eval $(call stamp,build/flags.shim,$(CC) $(SHIM_FLAGS) $(SHIM_LINK) $(LDFLAGS)))
$(eval $(call stamp,build/flags.blob,$(SPLICE_CC) $(BLOB_FLAGS) $(BLOB_LINK)))
$(eval $(call stamp,build/list.blob,$(BLOB_SOURCES)))
$(eval $(call stamp,build/flags.tests,$(CC) $(CXX)))
# Its list of sources is a flag too: a removed file must leave the binary.
$(eval $(call stamp,$B/list.cli,$(CLI_SOURCES)))
$(eval $(call stamp,$B/list.page,$(PAGE_SOURCES)))
$(eval $(call stamp,build/list.shim,$(SHIM_SOURCES)))
$(eval $(call stamp,$B/list.unit,$(UNIT_SOURCES)))
FORCE:

# A missing library is one sentence with its Debian package.
$B/libraries: $B/flags.cli scripts/setup
	$(Q)CC='$(CC)' scripts/setup --libraries
	$(Q)touch '$@'

# The CLI. Where the installed shim lies matters to one file.
$B/src/cmd/shim_path.o: OWN_FLAGS = -DSHIM_INSTALLED='"$(SHIMDIR)/libmemtrace.so"' -DSHIM_RELATIVE='"$(SHIM_RELATIVE)/libmemtrace.so"'
$B/src/cmd/shim_path.o: $B/flags.prefix
$B/src/%.o: src/%.c $B/flags.cli | $B/libraries
	$(call say,CC)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(CLI_FLAGS) $(OWN_FLAGS) -MMD -MP -c -o $@ $<
$B/page/page.o: $(PAGE_SOURCES) scripts/embed-page $B/flags.cli $B/list.page
	$(call say,PAGE)
	$(Q)scripts/embed-page src/report/page '$(@D)'
	$(Q)for part in head tail; do printf '.section .rodata\n.globl html_%s, html_%s_end\nhtml_%s: .incbin "%s"\nhtml_%s_end:\n' \
		$$part $$part $$part "$(@D)/$$part.html" $$part; done | \
		{ cat; echo '.section .note.GNU-stack,"",@progbits'; } | $(CC) -x assembler -c -o $@ -
$B/memtrace: $(CLI_OBJECTS) $B/flags.cli $B/list.cli
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJECTS) $(CLI_LIBS)

# The shim, always without sanitizers; a variant of the CLI finds it beside itself like the plain one.
build/src/shim/%.o: src/shim/%.c build/flags.shim
	$(call say,SHIM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(SHIM_FLAGS) -MMD -MP -c -o $@ $<
build/libmemtrace.so: $(SHIM_OBJECTS) $(SPLICED_OBJECTS) build/flags.shim build/list.shim
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SHIM_LINK) $(LDFLAGS) -o $@ $(SHIM_OBJECTS) $(SPLICED_OBJECTS)
# The hooks once more, for jumps: see src/shim/splice.c. All that they define is splice_NAME, and they call what real_spliced says.
build/spliced/%.o: %.c build/flags.shim
	$(call say,SHIM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(SPLICE_CC) $(SHIM_FLAGS) -DMEMTRACE_SPLICED -mgeneral-regs-only -MMD -MP -c -o $@ $<
	$(Q)objcopy --redefine-sym real=real_spliced $(foreach name,$(KEPT),--redefine-sym $(name)=kept_$(name)) \
		$$(nm -g --defined-only $@ | sed 's/.* \(.*\)/--redefine-sym \1=splice_\1/') $@
build/blob/%.o: %.c build/flags.blob
	$(call say,BLOB)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(SPLICE_CC) $(BLOB_FLAGS) -MMD -MP -c -o $@ $<
build/libmemtrace-static.so: $(BLOB_OBJECTS) src/shim/blob/exports.map build/flags.blob build/list.blob
	$(call say,LINK)
	$(Q)$(SPLICE_CC) $(CFLAGS) $(BLOB_LINK) -o $@ $(BLOB_OBJECTS)
ifneq ($(SAN),)
$B/%.so: build/%.so
	$(Q)mkdir -p '$(@D)'
	$(Q)ln -sf '../$*.so' '$@'
endif

# A shim that does every walk twice, src/shim/unwind_verify.h, and a copy of the command beside it.
verify-build: build/verify/libmemtrace.so build/verify/memtrace build/verify/remote
build/verify/src/shim/%.o: src/shim/%.c build/flags.shim
	$(call say,SHIM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(SHIM_FLAGS) -DMEMTRACE_VERIFY_UNWIND -MMD -MP -c -o $@ $<
build/verify/libmemtrace.so: $(VERIFY_OBJECTS) $(SPLICED_OBJECTS) build/flags.shim build/list.shim
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SHIM_LINK) $(LDFLAGS) -o $@ $(VERIFY_OBJECTS) $(SPLICED_OBJECTS)
build/verify/memtrace: build/memtrace
	$(Q)mkdir -p '$(@D)'
	$(Q)cp '$<' '$@'
build/verify/remote: tests/verify/remote.c build/flags.tests
	$(call say,PROGRAM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -MMD -MP -MT $@ -MF $@.d -o $@ $< -lunwind-ptrace \
		-lunwind-generic -lunwind

# Tests.
unit: $B/unit
$B/tests/%.o: tests/%.c $B/flags.cli | $B/libraries
	$(call say,CC)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(CLI_FLAGS) -Itests -MMD -MP -c -o $@ $<
$B/unit: $(UNIT_OBJECTS) $(HOUSE_OBJECTS) $B/flags.cli $B/list.cli $B/list.unit
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(UNIT_OBJECTS) $(HOUSE_OBJECTS) -lcriterion $(CLI_LIBS)

# A fuzzer is linked with a driver of ours or, built for libFuzzer, with that one.
fuzz: $(FUZZERS)
FUZZ_DRIVER := $(if $(findstring fuzzer-no-link,$(SAN)),guided,standalone)
$B/fuzz/%_fuzz: $B/tests/fuzz/%_fuzz.o $B/tests/fuzz/$(FUZZ_DRIVER).o $(HOUSE_OBJECTS) $B/list.cli
	$(call say,LINK)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(CFLAGS) $(subst fuzzer-no-link,fuzzer,$(SANFLAGS)) $(LDFLAGS) -o $@ $(filter %.o,$^) $(CLI_LIBS)
fuzz-guided:
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined fuzz

# The programs that tests watch. A comment in their first lines says what a program needs beyond -g -O0:
#   /* cflags: -O2 ldflags: -static */
needs = $$(sed -n '1,3s/.*$(1)flags:\([^*]*\).*/\1/p' $< | sed 's/ldflags:.*//')
programs: $(PROGRAMS) $(PLUGINS)
# Some are linked with one.
$(PROGRAMS): | $(PLUGINS)
build/tests/%: tests/programs/%.c build/flags.tests
	$(call say,PROGRAM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude -Itests/programs -g -O0 $(call needs,c) -MMD -MP -MT $@ -MF $@.d \
		-o $@ $< $(call needs,ld)
build/tests/%: tests/programs/%.cc build/flags.tests
	$(call say,PROGRAM)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CXX) -std=gnu++17 $(WARN) -Iinclude -Itests/programs -g -O0 $(call needs,c) -MMD -MP -MT $@ -MF $@.d \
		-o $@ $< $(call needs,ld)
build/tests/early: build/tests/libearly.so
build/tests/resolves: build/tests/libresolver.so
build/tests/wrapped: build/tests/libwrapper.so
build/tests/lib%.so: tests/programs/%.so.c build/flags.tests
	$(call say,PLUGIN)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude -Itests/programs -g -O0 -fPIC -shared $(call needs,c) -MMD -MP -MT $@ \
		-MF $@.d -o $@ $< $(call needs,ld)
$(BENCH_ALONE:%=build/bench/%): build/bench/%: tests/bench/%.c build/flags.tests
	$(call say,BENCH)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -g -O2 -o $@ $< -pthread
build/bench/lib%.so: tests/bench/%.so.c include/memtrace/wire.h build/flags.tests
	$(call say,BENCH)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude -g -O2 -fno-builtin -fPIC -shared -fvisibility=hidden -o $@ $<
build/bench/%: tests/bench/%.c $B/flags.cli $(HOUSE_OBJECTS)
	$(call say,BENCH)
	$(Q)mkdir -p '$(@D)'
	$(Q)$(CC) $(CLI_FLAGS) -o $@ $< $(HOUSE_OBJECTS) $(CLI_LIBS)

# What is missing is installed before anything is built, so these begin anew with what then is there.
# On all processors, unless make was told how many.
parallel := $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
check:
	@scripts/setup
	@$(MAKE) --no-print-directory $(parallel) check-all
check-all: all unit programs verify-build
	@$(MAKE) --no-print-directory SAN=address,undefined all unit fuzz
	@! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null || \
		$(MAKE) --no-print-directory fuzz-guided
	@CC='$(CC)' tests/run
demo:
	@scripts/setup
	@$(MAKE) --no-print-directory $(parallel) all
	@scripts/demo
verify: all programs verify-build
	@tests/verify/run
bench: all $(BENCHES)
	@tests/bench/run $(BENCH)

# What is installed: the one list, for the shell's function `file MODE SOURCE TARGET`, which $(1) is the body of.
define installed
file() { $(1); }; \
	file 755 build/memtrace '$(BINDIR)/memtrace' && \
	file 644 build/libmemtrace.so '$(SHIMDIR)/libmemtrace.so' && \
	file 644 build/libmemtrace-static.so '$(SHIMDIR)/libmemtrace-static.so' && \
	for page in $(MAN_PAGES); do file 644 $$page '$(MANDIR)'/man$${page##*.}/$${page#man/} || exit; done && \
	for header in $(API_HEADERS); do file 644 $$header '$(INCLUDEDIR)'/$${header#include/} || exit; done && \
	file 644 build/memtrace.pc '$(SHAREDIR)/pkgconfig/memtrace.pc' && \
	file 644 man/memtrace.schema.json '$(SHAREDIR)/memtrace/memtrace.schema.json' && \
	file 644 man/NEWS '$(DOCDIR)/NEWS' && \
	file 644 README.md '$(DOCDIR)/README.md' && \
	file 644 completions/memtrace.bash '$(BASHDIR)/memtrace' && \
	file 644 completions/_memtrace '$(ZSHDIR)/_memtrace' && \
	file 644 completions/memtrace.fish '$(FISHDIR)/memtrace.fish'
endef
install: all build/memtrace.pc
	@$(call installed,printf '  INSTALL %s\n' '$(DESTDIR)'"$$3"; install -D -m "$$1" "$$2" '$(DESTDIR)'"$$3")
uninstall:
	@$(call installed,rm -f '$(DESTDIR)'"$$3")
	@rmdir '$(DESTDIR)$(SHIMDIR)' '$(DESTDIR)$(SHAREDIR)/memtrace' '$(DESTDIR)$(DOCDIR)' 2>/dev/null || :
# For who builds with memtrace.h where no compiler looks by itself.
build/memtrace.pc: src/base/version.h scripts/version build/flags.prefix
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$(subst $(PREFIX)/,$${prefix}/,$(INCLUDEDIR))' '' 'Name: memtrace' \
		"Description: a program's own view of its memory under memtrace" "Version: $$(scripts/version)" \
		'Cflags: -I"$${includedir}"' >'$@'

dist:
	@scripts/dist
deb:
	@scripts/setup deb
	@scripts/package

clean:
	rm -rf build

# For editors and clang tools, which look into build/ by themselves.
here = $(subst ",\",$(subst \,\\,$(CURDIR)))
build/compile_commands.json: build/flags.shim $B/flags.cli $B/list.cli build/list.shim
	$(Q)mkdir -p build
	$(Q){ sep='['; \
		for f in $(CLI_SOURCES); do printf '%s{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" \
			'$(here)' "$$f" '$(CC) $(subst ",\",$(CLI_FLAGS)) -c '"$$f"; sep=$$',\n'; done; \
		for f in $(SHIM_SOURCES); do printf '%s{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" \
			'$(here)' "$$f" '$(CC) $(subst ",\",$(SHIM_FLAGS)) -c '"$$f"; sep=$$',\n'; done; \
		printf '%s]\n' "$$([ "$$sep" = '[' ] && printf '[')"; } > $@

-include $(CLI_OBJECTS:.o=.d) $(SHIM_OBJECTS:.o=.d) $(BLOB_OBJECTS:.o=.d) $(SPLICED_OBJECTS:.o=.d) $(VERIFY_OBJECTS:.o=.d) build/verify/remote.d
-include $(UNIT_OBJECTS:.o=.d) $(PROGRAMS:%=%.d) $(PLUGINS:%=%.d)
-include $(FUZZ_NAMES:%=$B/tests/fuzz/%_fuzz.d) $B/tests/fuzz/$(FUZZ_DRIVER).d
