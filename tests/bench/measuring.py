# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command in one of the ways that are compared, by build/bench/measure, and says what it took.

A run is a dict: wall, cpu (of the program alone), cpu_all (of everything that was started) in seconds; under a tracer also
tail, tracer_cpu (its own process), other_cpu (everything but the program and what looks up names), tracer_kib (peak); or
just "failed": a sentence.
"""
import json
import os
import subprocess
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.path.join(ROOT, "build", "bench")
MEMTRACE = os.path.join(ROOT, "build", "memtrace")
HEAPTRACK = "/usr/bin/heaptrack"
WATCH = os.path.join(PROGRAMS, "libwatch.so")
COUNT = os.path.join(PROGRAMS, "libcount.so")
NAMES_PROCESS = "memtrace-names"
# heaptrack's interpreter has taken all memory of the machine when there were many modules.
OTHER_MIB = 8 * 1024
NATIVE, COUNTED, RING, PIPE, SAMPLED, OTHER = "native", "count", "ring", "pipe", "sampled", "heaptrack"
# How memtrace is started in each of its ways.
OURS = {RING: ["--transport", "ring"], PIPE: ["--transport", "pipe"], SAMPLED: ["--sample", "512K"]}


class Bench:
    def __init__(self, folder, kinds):
        self.folder, self.kinds = folder, kinds
        self.snapshot = os.path.join(folder, "bench.snap")
        self.output = os.path.join(folder, "output")

    def wrapped(self, kind, command):
        """The command as this kind starts it, and whether that is a tracer."""
        if kind in OURS:
            return [MEMTRACE, "run", "-q", "-o", self.snapshot, *OURS[kind], "--", *command], True
        if kind == OTHER:  # a script: the shell is named, so that the watcher stays in it
            return ["bash", HEAPTRACK, "-o", os.path.join(self.folder, "heaptrack"), *command], True
        return command, False

    def run(self, kind, command, environment=None, client=None, seconds=120):
        wrapped, traced = self.wrapped(kind, command)
        variables = {**os.environ, "LC_ALL": "C", "HOME": self.folder, **(environment or {})}
        for name in ("LD_PRELOAD", "MEMTRACE_OPTIONS", "MEMTRACE_FRAMES", "BENCH_COUNT"):
            variables.pop(name, None)
        if kind == COUNTED:
            variables["BENCH_COUNT"] = os.path.join(self.folder, "counted")
        # One that is replaced is written to the disk first, for safety's sake: few runs replace one.
        if os.path.exists(self.snapshot):
            os.unlink(self.snapshot)
        measure = [os.path.join(PROGRAMS, "measure"), "-t", str(seconds), "-s", self.output,
                   *(["-m", str(OTHER_MIB)] if kind == OTHER else []),
                   *(["-w", WATCH] if traced else ["-p", COUNT] if kind == COUNTED else []), "--", *wrapped]
        with tempfile.TemporaryFile(dir=self.folder) as said, subprocess.Popen(
                measure, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as process:
            works = client and threading.Thread(target=client, args=(self.folder, lambda: process.poll() is not None))
            if works:
                works.start()
            answer = process.stdout.read()
            process.wait()
            if works:
                works.join()
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
        try:
            told = json.loads(answer)
        except ValueError:
            return {"failed": f"cannot be started: {' '.join(words[-1:])}"}
        return self.judged(kind, command, told, words)

    def judged(self, kind, command, told, words):
        if told["late"]:
            return {"failed": "took too long and was killed"}
        result = {"wall": (told["end_ns"] - told["start_ns"]) / 1e9, "cpu_all": told["cpu_ns"] / 1e9,
                  "cpu": told["cpu_ns"] / 1e9, "status": told["status"]}
        if kind in OURS or kind == OTHER:
            name = os.path.basename(command[0])[:15]
            own = [child for child in told["children"] if child["comm"] == name]
            names = sum(child["cpu_ns"] for child in told["children"] if child["comm"] == NAMES_PROCESS)
            if own:
                result["cpu"] = own[-1]["cpu_ns"] / 1e9
                result["status"] = own[-1]["status"]
                result["other_cpu"] = result["cpu_all"] - result["cpu"] - names / 1e9
                if own[-1]["ended_ns"]:
                    result["tail"] = (told["end_ns"] - own[-1]["ended_ns"]) / 1e9
            else:
                result["cpu"] = None
            if "tracer" in told:
                result["tracer_cpu"] = told["tracer"]["cpu_ns"] / 1e9
                result["tracer_kib"] = told["tracer"]["rss_kib"]
                result["ring_bytes"] = told["tracer"]["ring_bytes"]
        if result["status"] != 0:
            status = result["status"]
            how = f"signal {status - 128}" if status > 128 else f"status {status}"
            why = [line.strip() for line in words if any(word in line for word in ("what():", "rror", "abort"))]
            return {"failed": f"ended with {how}" + (f" ({why[-1][:100]})" if why else "")}
        return result

    def said(self):
        """The JSON object that the last program printed, or nothing."""
        try:
            with open(self.output, encoding="utf-8", errors="replace") as file:
                return next((json.loads(line) for line in file if line.startswith("{")), None)
        except (OSError, ValueError):
            return None

    def info(self):
        """What memtrace says of the snapshot of its last run."""
        answer = subprocess.run([MEMTRACE, "info", "--json", self.snapshot], capture_output=True, check=False)
        try:
            return json.loads(answer.stdout)["run"]
        except (ValueError, KeyError):
            return None

    def counted(self):
        try:
            with open(os.path.join(self.folder, "counted"), encoding="ascii") as file:
                return [int(word) for word in file.read().split()]
        except (OSError, ValueError):
            return None

    def rounds(self, rounds, command, take=None, **how):
        """Every kind in turn, so that a slow moment of the machine hits all alike. A kind that fails is not tried again.

        `take(kind, run)` may add to a run what can only be known right after it. `how`: kinds, scaled (a function that gives a
        kind its own command), and what run() takes.
        """
        kinds, scaled = how.pop("kinds", None) or self.kinds, how.pop("scaled", None)
        runs = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind in kinds:
                if runs[kind] and "failed" in runs[kind][-1]:
                    continue
                run = self.run(kind, scaled(kind) if scaled else command, **how)
                if take and "failed" not in run:
                    take(kind, run)
                runs[kind].append(run)
                if kind == NATIVE:
                    if "failed" in run:
                        return runs
                    how["seconds"] = 20 + 40 * run["wall"]
        return runs
