# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what was measured. Ratios are to native; a dash is what was not measured, "fails" what could not be finished."""
import math

from measuring import COUNTED, NATIVE, OTHER, PIPE, RING, SAMPLED

HEADS = {COUNTED: "count", RING: "ring", PIPE: "pipe", SAMPLED: "sample", OTHER: "heaptr"}

FORMS = {SAMPLED: ".3f"}  # it is to stay below 1.03


def cell(value, width=7, form=".2f"):
    if value is None:
        return "-".rjust(width)
    return (value if isinstance(value, str) else format(value, form)).rjust(width)


def of(row, kind, what):
    """A median, None, or the word for a kind that failed."""
    taken = row["medians"].get(kind)
    if taken is None:
        return None
    return "fails" if "failed" in taken else taken.get(what)


def ratio(row, kind, what):
    value, native = of(row, kind, what), of(row, NATIVE, what)
    if value is None or isinstance(value, str):
        return value
    return value / native if native and not isinstance(native, str) else None


def less(row):
    """How many times less wall time is added than by heaptrack."""
    ours, other = ratio(row, RING, "wall"), ratio(row, OTHER, "wall")
    if not isinstance(ours, float) or not isinstance(other, float):
        return None
    return (other - 1) / (ours - 1) if ours > 1.01 else None  # less than this is noise


def mean(values):
    values = [value for value in values if isinstance(value, float) and value > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


class Ratios:
    """The table of programs; its last row is the geometric mean of those that finished."""

    def __init__(self, kinds):
        self.kinds = [kind for kind in kinds if kind != NATIVE]
        self.traced = [kind for kind in self.kinds if kind != COUNTED]
        self.rows = []

    def columns(self):
        yield from (("wall", kind) for kind in self.kinds)
        yield from (("cpu", kind) for kind in self.traced)
        yield from (("cpu_all", kind) for kind in self.traced)

    def head(self, title):
        width = 7
        groups = [("wall", len(self.kinds)), ("CPU of it", len(self.traced)), ("CPU of all", len(self.traced))]
        print(f"\n{title}\n{'':25}" + "".join(f"{name:^{width * count}}|" for name, count in groups) + f"{'ring':^42}")
        print(f"{'program':16}{'native':>9}" + "".join(
            "".join(HEADS[kind].rjust(width) for kind in kinds) + "|" for kinds in (self.kinds, self.traced, self.traced)) +
            f"{'less':>7}{'tail ms':>8}{'B/event':>8}{'ns/event':>9}{'events':>9}{'KiB':>6}", flush=True)

    def missing(self, row, why):
        print(f"{row.name:16} left out: {why}", flush=True)

    def groups(self, cells):
        """A bar after each group of columns."""
        ends, text = {len(self.kinds), len(self.kinds) + len(self.traced), len(self.kinds) + 2 * len(self.traced)}, ""
        for number, one in enumerate(cells, 1):
            text += one + ("|" if number in ends else "")
        return text

    def print(self, row):
        self.rows.append(row)
        ring = row["medians"].get(RING, {})
        native = of(row, NATIVE, "wall")
        tail, events, memory = ring.get("tail"), ring.get("events"), ring.get("tracer_memory")
        print(f"{row['name']:16}{cell(native, 8, '.3f')}" + ("s" if isinstance(native, float) else " ") +
              self.groups(cell(ratio(row, kind, what), form=FORMS.get(kind, ".2f")) for what, kind in self.columns()) +
              cell(less(row), 7, ".1f") + cell(tail and tail * 1000, 8, ".0f") + cell(ring.get("bytes_event"), 8, ".1f") +
              cell(ring.get("ns_event"), 9, ".1f") + cell(events, 9, ".0f") + cell(memory and memory / 1024, 6, ".0f"),
              flush=True)

    def mean(self):
        def over(what, kind):
            return cell(mean(ratio(row, kind, what) for row in self.rows), form=FORMS.get(kind, ".2f"))
        if len(self.rows) > 1:
            print(f"{'geometric mean':25}" + self.groups(over(what, kind) for what, kind in self.columns()), flush=True)
        for kind in self.kinds:
            fails = sum(of(row, kind, "wall") == "fails" for row in self.rows)
            if fails:
                print(f"{kind} finished {len(self.rows) - fails} of {len(self.rows)}: its mean is over those alone")


class Loops:
    """Nanoseconds that a pair of malloc and free costs, and what is added to them."""

    def __init__(self, kinds):
        self.kinds = [kind for kind in kinds if kind != NATIVE]
        self.traced = [kind for kind in self.kinds if kind != COUNTED]

    def head(self):
        print("\nmalloc + free in a loop, nanoseconds a pair: native, and what is added to it")
        print(f"{'':33}{'wall':^{9 * len(self.kinds)}}|{'CPU of it':^{9 * len(self.traced)}}|"
              f"{'CPU of all':^{9 * len(self.traced)}}")
        print(f"{'stacks':7}{'threads':>8}{'depth':>7}{'native':>10} " + "|".join(
            "".join(HEADS[kind].rjust(9) for kind in kinds) for kinds in (self.kinds, self.traced, self.traced)),
            flush=True)

    def added(self, row, kind, what):
        value, native = of(row, kind, what), of(row, NATIVE, what)
        if value is None or native is None or isinstance(value, str) or isinstance(native, str):
            return cell(value if isinstance(value, str) else None, 9)
        return cell(value - native, 9, ".1f")

    def print(self, row):
        groups = (("pair", self.kinds), ("pair_cpu", self.traced), ("pair_cpu_all", self.traced))
        print(f"{row['shape']:7}{row['threads']:8}{row['depth']:7}{cell(of(row, NATIVE, 'pair'), 10, '.1f')} " + "|".join(
            "".join(self.added(row, kind, what) for kind in kinds) for what, kinds in groups), flush=True)
