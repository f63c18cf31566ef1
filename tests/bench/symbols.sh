#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Holds our symbolizer against llvm-symbolizer --inlines: N addresses spread over the functions of each FILE, half by
# function and half by byte, the same ones for both. Prints how many chains are equal (function, file and line of every
# level; names not demangled, since the two demanglers differ in spelling), seconds and peak megabytes of both; columns are
# not compared, as memtrace has none. With -v the first differences follow.
#
# "lines %" is the share of addresses of which llvm-symbolizer knows a line. "known" counts what differs for a reason that is
# not ours to follow: without debug information it calls a local symbol's source what the symbol table says (a bare name
# without a line, "crtstuff.c:0", and a wrong one after LTO), takes no names from a debug file's symbol table, and takes
# symbols that are not in code.
#
# usage: symbols.sh [-n N] [-s SEED] [-v] [--debug-dir DIR] [--program build/bench/symbols] FILE...
exec python3 - "$@" <<'PYTHON'
import argparse, bisect, os, random, re, subprocess, sys, tempfile

parser = argparse.ArgumentParser(prog='symbols.sh')
parser.add_argument('-n', type=int, default=20000)
parser.add_argument('-s', '--seed', type=int, default=1)
parser.add_argument('-v', '--verbose', action='store_true')
parser.add_argument('--debug-dir')
parser.add_argument('--program', default='build/bench/symbols')
parser.add_argument('files', nargs='+')
args = parser.parse_args()


def functions(path):
    """Start and size of each function: of the symbol table, or of the debug file's, or else the code sections."""
    found = {}
    for line in subprocess.run(['readelf', '-sW', path], capture_output=True, text=True).stdout.splitlines():
        p = line.split()
        if len(p) >= 8 and p[3] == 'FUNC' and p[6] != 'UND' and int(p[2], 0):
            found[int(p[1], 16)] = int(p[2], 0)
    return found


def text_sections(path):
    found = {}
    for line in subprocess.run(['readelf', '-SW', path], capture_output=True, text=True).stdout.splitlines():
        p = re.match(r'\s*\[ *\d+\] (\.text\S*)\s+\w+\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)', line)
        if p:
            found[int(p[2], 16)] = int(p[3], 16)
    return found


def sample(path):
    spans = sorted((functions(path) or text_sections(path)).items())
    ends, total = [], 0
    for _, size in spans:
        total += size
        ends.append(total)
    chosen = []
    for i in range(args.n):
        start, size = random.choice(spans) if i % 2 else spans[bisect.bisect_right(ends, random.randrange(total))]
        chosen.append('0x%x' % (start + random.randrange(size)))
    return chosen


# A program's peak memory begins with that of who starts it: a small one starts it, therefore.
MEASURE = '''
import os, sys, time
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print('took %.3f peak %.1f' % (time.monotonic() - began, usage.ru_maxrss / 1024), file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
'''


def run(command, addresses):
    """Its chains, seconds, peak megabytes, and what it said."""
    with tempfile.TemporaryFile('w+') as source, tempfile.TemporaryFile('w+b') as out, \
            tempfile.TemporaryFile('w+') as said:
        source.write('\n'.join(addresses) + '\n')
        source.seek(0)
        status = subprocess.run([sys.executable, '-IS', '-c', MEASURE] + command, stdin=source, stdout=out,
                                stderr=said).returncode
        if status:
            said.seek(0)
            sys.exit('%s: status %d %s' % (command[0], status, said.read()))
        out.seek(0)
        text = out.read().decode(errors='replace')
        said.seek(0)
        words = said.read()
    chains = []
    for block in text.rstrip('\n').split('\n\n'):
        lines = block.split('\n')
        chain = []
        for i in range(0, len(lines) - 1, 2):
            place = lines[i + 1].rsplit(':', 2)
            chain.append((lines[i], place[0] or '??', place[1]))
        chains.append(chain)
    took, peak = re.search(r'took ([\d.]+) peak ([\d.]+)', words).groups()
    return chains, float(took), float(peak), words


def known(path, ours, theirs):
    """Whether they differ for a known reason: see above."""
    def plain(chain):
        return [(name, '??' if line == '0' else place, line) for name, place, line in chain]
    a, b = plain(ours), plain(theirs)
    if a == b:
        return True
    return len(a) == len(b) and a[:-1] == b[:-1] and a[-1][1:] == b[-1][1:] and \
        (b[-1][0] == '??' or b[-1][0] in outside_code(path))


def outside_code(path, cache={}):
    """Names of symbols in sections that are not loaded."""
    if path not in cache:
        sections = subprocess.run(['readelf', '-SW', path], capture_output=True, text=True).stdout
        data = {m[1] for m in re.finditer(r'\[ *(\d+)\] \S+ +\w+ +[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]{2} +([A-Z]*) ',
                                          sections) if 'X' not in m[2]}
        symbols = subprocess.run(['readelf', '-sW', path], capture_output=True, text=True).stdout.splitlines()
        cache[path] = {p[7] for p in map(str.split, symbols) if len(p) > 7 and p[6] in data}
    return cache[path]


bad = 0
print('%-36s %8s %8s %8s %8s %8s %9s' % ('file', 'equal %', 'known %', 'lines %', 'seconds', 'llvm', 'MB/llvm'))
for path in args.files:
    random.seed(args.seed)
    addresses = sample(path)
    extra = ['--debug-dir', args.debug_dir] if args.debug_dir else []
    ours, _, _, words = run([args.program, '--raw'] + extra + [path], addresses)
    numbers = re.search(r'seconds ([\d.]+) megabytes ([\d.]+)', words)
    extra = ['--debug-file-directory=' + args.debug_dir] if args.debug_dir else []
    theirs, llvm_took, llvm_peak, _ = run(['llvm-symbolizer', '--inlines', '--no-demangle', '--obj=' + path] + extra,
                                          addresses)
    if len(ours) != len(addresses) or len(theirs) != len(addresses):
        sys.exit('%s: %d addresses, %d answers of ours, %d of llvm-symbolizer' %
                 (path, len(addresses), len(ours), len(theirs)))
    count = len(addresses)
    same = sum(a == b for a, b in zip(ours, theirs))
    excused = sum(a != b and known(path, a, b) for a, b in zip(ours, theirs))
    lines = sum(b[0][2] != '0' for b in theirs)
    print('%-36s %8.3f %8.3f %8.3f %8s %8.3f %5s/%.0f' % (
        os.path.basename(path)[-36:], 100 * same / count, 100 * excused / count, 100 * lines / count,
        numbers[1], llvm_took, numbers[2], llvm_peak))
    bad += same + excused < 0.999 * count
    if args.verbose:
        shown = 0
        for address, a, b in zip(addresses, ours, theirs):
            if a != b and not known(path, a, b) and shown < 12:
                shown += 1
                print('  %s\n    ours %s\n    llvm %s' % (address, a, b))
sys.exit(1 if bad else 0)
PYTHON
