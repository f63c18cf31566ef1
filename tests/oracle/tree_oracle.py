#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the call trees of snapshots a second time, from their exported traces, and compares every node; and the paths of the
one from the root with folded stacks.

    tree_oracle.py MEMTRACE SNAP...

Prints a line a tree, "ok - …" or "not ok - …" with what differs; exit status 1 when one does.
"""
import collections
import json
import subprocess
import sys

failed = False


def ask(*arguments):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True).stdout


def place(frame):
    """What makes a node: the line; without one the function, or the address."""
    if isinstance(frame, list):
        return (frame[0], frame[1], None, None)
    name, line, function = frame["filename"], frame["lineno"], frame.get("function")
    if line:
        return (name, line, None, None)
    return (name, 0, function, None if function else frame.get("address"))


def exported(document, inverted, moment, metric):
    """{path: [size, count, self_size, self_count]}"""
    nodes = collections.defaultdict(lambda: [0, 0, 0, 0])
    for trace in document["traces"]:
        where = trace if moment == document["moments"][0]["name"] else trace.get("moments", {}).get(moment, {"size": 0, "count": 0})
        size, count = (trace["total_size"], trace["total_count"]) if metric.startswith("total") else (where["size"], where["count"])
        if not size and not count:
            continue
        frames = [place(document["frames"][f] if isinstance(f, int) else f) for f in trace["frames"]] or [("<unknown>", 0, None, None)]
        path = tuple(frames if inverted else reversed(frames))
        for depth in range(len(path) + 1):
            nodes[path[:depth]][0] += size
            nodes[path[:depth]][1] += count
        nodes[path][2] += size
        nodes[path][3] += count
    return dict(nodes)


def printed(tree):
    paths, nodes = {}, {}
    for node in tree["nodes"]:
        path = paths[node["parent"]] + (place(node["frame"]),) if node["frame"] else ()
        paths[node["node"]] = path
        nodes[path] = [node[key] for key in ("size", "count", "self_size", "self_count")]
        assert node["others"]["nodes"] == 0
    assert len(nodes) == len(tree["nodes"]) == tree["total"]["nodes"]
    return nodes


def verdict(what, got, want):
    global failed
    wrong = [(path, got.get(path), want.get(path)) for path in set(got) | set(want) if got.get(path) != want.get(path)]
    print("not ok" if wrong else "ok", "-", what, f"({len(want)} nodes)")
    for path, one, other in wrong[:3]:
        print(f"    {path}: got {one}, want {other}")
    failed = failed or bool(wrong)


def check(memtrace, snap):
    document = json.loads(ask(memtrace, "export", "--to", "json", snap))
    for moment in document["moments"]:
        for metric in ("size", "total_count"):
            for way in ([], ["-i"]):
                question = ["--moment", moment["name"], "--metric", metric, *way]
                tree = json.loads(ask(memtrace, "tree", "--json", "-t", "0", *question, snap))
                verdict(f"{snap} {' '.join(question)}", printed(tree), exported(document, bool(way), moment["name"], metric))
    tree = json.loads(ask(memtrace, "tree", "--json", "-t", "0", "--metric", "total_size", snap))
    functions = {0: ()}
    folded = collections.Counter()
    for node in tree["nodes"][1:]:
        frame = node["frame"]
        functions[node["node"]] = path = functions[node["parent"]] + ((frame["function"] or "?").replace(";", ":"),)
        folded[";".join(path)] += node["self_size"]
    lines = ask(memtrace, "export", "--to", "folded", "--metric", "total_size", snap).decode("utf-8", "replace").splitlines()
    want = collections.Counter()
    for line in lines:
        want[line.rpartition(" ")[0]] += int(line.rpartition(" ")[2])
    # Frames without a function have another name there.
    got = {path: n for path, n in folded.items() if n and not {"?"} & set(path.split(";"))}
    verdict(f"{snap}, folded", got, {path: n for path, n in want.items() if path in got})


for name in sys.argv[2:]:
    check(sys.argv[1], name)
sys.exit(failed)
