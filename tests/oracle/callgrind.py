#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of callgrind's format that knows nothing of memtrace's: prints a line for each function, "OWN… INCLUSIVE… NAME", sorted, and
the totals; ends with 1 when the file is unsound, or its own costs are not its totals.

    callgrind.py FILE              of a profile
    callgrind.py --document FILE   the same of `memtrace export --to json`, worked out from its stacks: a function once a stack
    callgrind.py --inclusive FILE  of those only the inclusive costs
    callgrind.py --annotated FILE  the same as callgrind_annotate --inclusive=yes has printed it
"""
import json
import re
import sys


def report(own, inclusive, totals):
    for name in sorted(own.keys() | inclusive.keys()):
        costs = inclusive.get(name, [0] * 4)
        if own is not inclusive:
            costs = own.get(name, [0] * 4) + costs
        if not name.endswith(":(all stacks)"):
            print(*costs, name)
    print(*totals, "totals")


def add(table, name, costs):
    table[name] = [a + b for a, b in zip(table.get(name, [0] * 4), costs)]


def profile(path):
    names, own, inclusive, totals, summary = {}, {}, {}, None, None
    here, there, calls = {}, {}, None

    def name(kind, text):
        number, rest = re.fullmatch(r"\((\d+)\)(?: (.*))?", text, re.DOTALL).groups()
        assert (rest is None) == ((kind, number) in names), f"({number}) is named twice, or never"
        return names.setdefault((kind, number), rest)

    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    assert lines.pop() == ""
    start = lines.index("events: Bytes Blocks TotalBytes TotalBlocks") + 1
    assert "positions: line" in lines[:start] and "version: 1" in lines[:start]
    for line in lines[start:]:
        key, _, value = line.partition("=")
        if key in ("fl", "fn", "ob"):
            here[key] = name(key, value)
        elif key in ("cfi", "cfn", "cob"):
            there[key] = name(key[1:].replace("fi", "fl"), value)
        elif key == "calls":
            calls = int(value.split()[0])
            assert calls > 0
        elif line.startswith("totals:"):
            totals = [int(number) for number in line.split()[1:]]
        elif line.startswith("summary:"):
            summary = [int(number) for number in line.split()[1:]]
        elif line:
            costs = [int(number) for number in line.split(" ")][1:]
            assert len(costs) == 4, line
            if calls is None:
                add(own, f"{here['fl']}:{here['fn']}", costs)
            else:
                add(inclusive, f"{there.get('cfi', here['fl'])}:{there['cfn']}", costs)
            calls, there = None, {}
    assert totals == summary, "summary and totals differ"
    assert [sum(costs[i] for costs in own.values()) for i in range(4)] == totals, "own costs are not the totals"
    report(own, inclusive, totals)


def document(path, only_inclusive=False):
    with open(path, encoding="utf-8") as file:
        snapshot = json.load(file)
    own, inclusive, totals = {}, {}, [0] * 4

    def function(frame):
        frame = snapshot["frames"][frame]
        if isinstance(frame, list):
            frame = {"filename": frame[0], "lineno": frame[1], "function": None, "module": None, "address": None}
        no_line = frame["lineno"] == 0 and frame["module"] == frame["filename"]
        label = f"{frame['filename']}+{frame['address']}" if no_line else f"{frame['filename']}:{frame['lineno']}"
        file = "???" if no_line or frame["filename"] == "<unknown>" else frame["filename"]
        return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", f"{file}:{frame['function'] or label}")

    for trace in snapshot["traces"]:
        costs = [trace[key] for key in ("size", "count", "total_size", "total_count")]
        stack = [function(frame) for frame in trace["frames"]] or ["???:<unknown>"]
        totals = [a + b for a, b in zip(totals, costs)]
        if any(costs):
            add(own, stack[0], costs)
            for name in set(stack):
                add(inclusive, name, costs)
    report(inclusive if only_inclusive else own, inclusive, totals)


def annotated(path):
    inclusive, totals = {}, [0] * 4
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file.read().split("\n"):
            found = re.fullmatch(r" *((?:[0-9,.]+ +){4}) *(.*)", line)
            if not found:
                continue
            costs = [int(number.replace(",", "")) if number != "." else 0 for number in found[1].split()]
            if found[2].startswith("PROGRAM TOTALS"):
                totals = costs
            else:
                inclusive[re.sub(r" \[[^[]*\]$", "", found[2])] = costs
    report(inclusive, inclusive, totals)


if sys.argv[1] == "--document":
    document(sys.argv[2])
elif sys.argv[1] == "--inclusive":
    document(sys.argv[2], True)
elif sys.argv[1] == "--annotated":
    annotated(sys.argv[2])
else:
    profile(sys.argv[1])
