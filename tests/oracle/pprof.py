#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of pprof's profile.proto that knows nothing of memtrace: prints a profile as JSON and ends with 1 when it is unsound.

    pprof.py FILE       {"types": […], "totals": {TYPE: N}, "default", "period", "samples": […], "mappings": […], …}
"""
import gzip
import json
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(field, value) for each; value is an integer or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, "cut"
        else:
            raise AssertionError(f"wire type {tag & 7}")
        yield tag >> 3, value


def integers(values):
    """Of a repeated field, packed or not."""
    for value in values:
        at = 0
        if isinstance(value, int):
            yield value
            continue
        while at < len(value):
            number, at = varint(value, at)
            yield number


def message(data):
    found = {}
    for field, value in fields(data):
        found.setdefault(field, []).append(value)
    return lambda field, default=0: found.get(field, [default])[-1], lambda field: found.get(field, [])


def signed(number):
    return number - (1 << 64) if number >> 63 else number


with open(sys.argv[1], "rb") as file:
    profile, repeated = message(gzip.decompress(file.read()))
strings = [string.decode("utf-8") for string in repeated(6)]  # strict: proto3 allows nothing else
assert strings[0] == "", "the first string is not empty"
assert len(set(strings)) == len(strings), "a string stands twice"


def table(field, convert):
    rows = {}
    for data in repeated(field):
        one, many = message(data)
        assert one(1) not in rows and one(1) != 0, f"field {field}: id {one(1)}"
        rows[one(1)] = convert(one, many)
    return rows


def value_type(data):
    one, _ = message(data)
    return f"{strings[one(1)]}/{strings[one(2)]}"


mappings = table(3, lambda one, _: {
    "file": strings[one(5)], "build_id": strings[one(6)], "start": one(2), "limit": one(3), "offset": one(4),
    "has": "".join(letter for letter, field in zip("FSLI", (7, 8, 9, 10)) if one(field))})
functions = table(5, lambda one, _: {"name": strings[one(2)], "system_name": strings[one(3)], "file": strings[one(4)]})
lines = []


def line(data):
    one, _ = message(data)
    lines.append(one(1))
    function = functions[one(1)]
    return f"{function['name']} {function['file']}:{one(2)}"


locations = table(4, lambda one, many: {
    "mapping": mappings[one(2)]["file"] if one(2) else None, "address": one(3), "lines": [line(data) for data in many(4)]})
assert set(lines) == set(functions), "a function that no line names"
types = [value_type(data) for data in repeated(1)]


def labels(many):
    found = {}
    for data in many(3):
        one, _ = message(data)
        found[strings[one(1)]] = strings[one(2)] if one(2) else signed(one(3))
    return found


samples = []
for data in repeated(2):
    one, many = message(data)
    values = [signed(value) for value in integers(many(2))]
    assert len(values) == len(types), "values"
    samples.append({"values": values, "labels": labels(many), "stack": [locations[at] for at in integers(many(1))]})
    assert samples[-1]["stack"], "a sample without a stack"
json.dump({
    "types": types, "totals": {name: sum(sample["values"][i] for sample in samples) for i, name in enumerate(types)},
    "default": strings[profile(14)], "period": profile(12), "period_type": value_type(profile(11)) if repeated(11) else None,
    "time": profile(9), "duration": profile(10), "comments": [strings[at] for at in integers(repeated(13))],
    "mappings": [mappings[at] for at in mappings], "functions": [functions[at] for at in sorted(functions)], "samples": samples,
}, sys.stdout, indent=1, ensure_ascii=False)
print()
