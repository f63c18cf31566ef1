#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks CPython's tracemalloc and memtrace the same questions about random snapshots, and compares every answer.

    tracemalloc_oracle.py MEMTRACE [--seed N] [--cases N]

A case is a pair of snapshots, made as lists of traces that tracemalloc.Snapshot takes and as memtrace-snapshot/1 documents
that `memtrace import` takes (with blocks of equal traces written one by one, or added up), and a question: key, cumulative,
filters, top or difference. Compared are rows, their order and numbers (--json), and their text (--format text). Works in the
present folder, in files of its own. Prints a disagreement with its seed, which alone makes the case again; exit status 1.
"""
import argparse
import json
import random
import subprocess
import sys
import tracemalloc

FILES = ["a.c", "b.c", "B.c", "lib/a.c", "lib/x/y.c", "[a].c", "a-b.c", "a!b.c", "^x.c", "\\.c", "sp ace.c", "co:lon.c", "q\"uote.c",
         "\u00e9.c", "\uffee.c", "\U0001f600.c", ".dot.c", "m.py", "m.pyc", "x", "/usr/include/c++/12/vector", "<unknown>"]
LINES = [0, 1, 2, 9, 10, 77, 100, 2**31 - 1]
GLOBS = ["*", "?", "*.c", "a.c", "lib/*", "*/a.c", "[ab].c", "[!ab].c", "[^x].c", "[[]a].c", "[]a].c", "[z-a].c", "[!z-a].c", "[a-b]*",
         "*[!c]", "[", "", "*\\*", "\\*", "B*", "*.PY", "m.pyc", "m.py", "*:*", "<*>", "?.c", "*[\u00e0-\u00ff]*", "[a-]*", "[--b]*"]
SIZES = [0, 1, 2, 3, 99, 100, 1023, 1024, 10239, 10240, 102399, 102400, 10485759, 10485760, 2**30, 10 * 2**40, 100 * 2**40, 2**52]


def some_frame(rng):
    name = rng.choice(FILES)
    return (name, 0 if name == "<unknown>" else rng.choice(LINES))


def some_traces(rng, stacks):
    traces = []
    for _ in range(rng.choice([0, 1, 2, 8, 40])):
        stack = rng.choice(stacks)
        size = rng.choice(SIZES) if rng.random() < 0.6 else rng.randint(0, 1000)
        traces.append((rng.choice([0, 0, 1, 2, 100, 101]), size, stack, len(stack) + rng.choice([0, 0, 3])))
    return traces


def some_stacks(rng):
    frames = [some_frame(rng) for _ in range(rng.randint(1, 8))]
    stacks = [tuple(rng.choice(frames) for _ in range(rng.choice([1, 1, 2, 3, 7]))) for _ in range(rng.randint(1, 10))]
    return stacks + [stack + (frames[0],) for stack in stacks[:2]]       # prefixes of each other


def document(rng, traces):
    """Blocks one by one, or equal traces added up; frames in any of the three forms."""
    table, rows = [], []
    pool = list(traces)
    rng.shuffle(pool)
    if rng.random() < 0.5:
        sums = {}
        for domain, size, stack, total in pool:
            entry = sums.setdefault((domain, stack, total), [0, 0])
            entry[0] += size
            entry[1] += 1
        blocks = [(domain, size, count, stack, total) for (domain, stack, total), (size, count) in sums.items()]
    else:
        blocks = [(domain, size, 1, stack, total) for domain, size, stack, total in pool]
    for domain, size, count, stack, total in blocks:
        frames = []
        for name, line in stack:
            form = rng.random()
            if form < 0.3:
                table.append([name, line])
                frames.append(len(table) - 1)
            elif form < 0.5:
                frames.append({"filename": name, "lineno": line, "function": None, "module": None, "address": None,
                               "inlined": False})
            else:
                frames.append([name, line])
        rows.append({"domain": domain, "size": size, "count": count, "total_nframe": total, "frames": frames})
    return {"schema": "memtrace-snapshot/1", "traceback_limit": 16, "frames": table, "traces": rows}


def some_filters(rng):
    filters, options = [], []
    every = rng.random() < 0.3
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        inclusive = rng.random() < 0.5
        if rng.random() < 0.3:
            domain = rng.choice([0, 1, 100, 55])
            filters.append(tracemalloc.DomainFilter(inclusive, domain))
            options += ["--domain" if inclusive else "--exclude-domain", str(domain)]
        else:
            glob, line = rng.choice(GLOBS), rng.choice([None, None, None, 0, 1, 77])
            filters.append(tracemalloc.Filter(inclusive, glob, lineno=line, all_frames=every))
            options.append(("--include=" if inclusive else "--exclude=") + glob + ("" if line is None else f":{line}"))
    return filters, options + ["--all-frames"] * every


class Case:
    def __init__(self, tool, seed):
        self.tool, self.rng = tool, random.Random(seed)

    def call(self, *arguments):
        done = subprocess.run([self.tool, *arguments], capture_output=True, timeout=120)
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"{arguments}: status {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def make(self, name, traces):
        with open(name + ".json", "w", encoding="utf-8") as file:
            json.dump(document(self.rng, traces), file, ensure_ascii=self.rng.random() < 0.5)
        self.call("import", "-f", name + ".json", "-o", name + ".snap")
        if self.rng.random() < 0.2:
            first = self.call("export", "--to", "json", name + ".snap")
            with open(name + ".json", "w", encoding="utf-8") as file:
                file.write(first)
            self.call("import", "-f", name + ".json", "-o", name + ".snap")
            if self.call("export", "--to", "json", name + ".snap") != first:
                raise AssertionError("export, import and export again differ")
        return name + ".snap"

    def compare(self, command, stats, key, diff):
        found = json.loads(self.call(*command, "--json", "-n", "0"))["rows"]
        numbers = ["size", "count"] + (["size_diff", "count_diff"] if diff else [])
        for at, (stat, row) in enumerate(zip(stats, found)):
            want = ([(f.filename, f.lineno) for f in stat.traceback], [getattr(stat, n) for n in numbers])
            have = ([(f["filename"], f["lineno"]) for f in row["traceback"]], [row[n] for n in numbers])
            if want != have:
                raise AssertionError(f"{command}: row {at}: want {want}, have {have}")
        if len(stats) != len(found):
            raise AssertionError(f"{command}: want {len(stats)} rows, have {len(found)}")
        if key != "traceback":
            text, want = self.call(*command, "--format", "text", "--limit=0"), "".join(f"{stat}\n" for stat in stats)
            if text != want:
                raise AssertionError(f"{command}: want text\n{want}have\n{text}")

    def run(self):
        rng = self.rng
        key = rng.choice(["lineno", "filename", "traceback"])
        cumulative = key != "traceback" and rng.random() < 0.4
        filters, options = some_filters(rng)
        options = ["--by", key] + ["--cumulative"] * cumulative + options
        stacks = some_stacks(rng)
        traces = some_traces(rng, stacks)
        old = tracemalloc.Snapshot(traces, 16).filter_traces(filters)
        a = self.make("a", traces)
        if rng.random() < 0.4:
            self.compare(["top", a, *options], old.statistics(key, cumulative), key, False)
            return
        traces = [trace for trace in traces if rng.random() < 0.6] + some_traces(rng, stacks + some_stacks(rng))
        new = tracemalloc.Snapshot(traces, 16).filter_traces(filters)
        b = self.make("b", traces)
        self.compare(["diff", a, b, *options], new.compare_to(old, key, cumulative), key, True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("memtrace")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    asked = parser.parse_args()
    failed = 0
    for seed in range(asked.seed, asked.seed + asked.cases):
        try:
            Case(asked.memtrace, seed).run()
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            failed += 1
            print(f"seed {seed}: {problem}")
    print(f"{asked.cases - failed} cases agree, {failed} do not")
    return 1 if failed else 0


sys.exit(main())
