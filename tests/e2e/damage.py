#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""damage.py SNAP JSON FOLDER [all]: fills FOLDER with damaged copies of a snapshot and of its export.

Names say what to expect: bad-* must be refused; odd-* have true checksums (or none) and may be read or refused. What ends with
.json is for import. The choice is fixed; with "all" every byte is cut at and every bit flipped.
"""
import os
import random
import struct
import sys
import zlib

snap, json, folder = (open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), sys.argv[3])
everything = len(sys.argv) > 4
random.seed(1)
HEAD, ENTRY, END = 24, 28, 8
ENTRIES = struct.Struct("<IIQQI")
n = struct.unpack_from("<I", snap, 12)[0]


def put(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def some(count, wanted):
    """WANTED numbers below COUNT, or all of them."""
    return range(count) if everything else sorted({i * (count - 1) // (wanted - 1) for i in range(wanted)})


def split(data=snap):
    """The sections: [kind, encoding, raw size, bytes]."""
    at, found = HEAD + n * ENTRY + 4, []
    for i in range(n):
        kind, encoding, raw, stored, _ = ENTRIES.unpack_from(data, HEAD + i * ENTRY)
        found.append([kind, encoding, raw, data[at:at + stored]])
        at += stored
    return found


def join(sections):
    """A file of these, with lengths and checksums that are true."""
    entries = b"".join(ENTRIES.pack(k, e, raw, len(b), zlib.crc32(b)) for k, e, raw, b in sections)
    body = b"".join(s[3] for s in sections)
    size = HEAD + len(entries) + 4 + len(body) + END
    head = snap[:12] + struct.pack("<IQ", len(sections), size) + entries
    return head + struct.pack("<I", zlib.crc32(head)) + body + snap[-END:]


def changed(index, **what):
    sections = split()
    kind, encoding, raw, stored = sections[index]
    sections[index] = [what.get("kind", kind), what.get("encoding", encoding), what.get("raw", raw), what.get("stored", stored)]
    return join(sections)


def bomb(blocks):
    """A zstd frame (RFC 8878) of zeros: BLOCKS blocks of 128 KiB, each of one byte that is repeated."""
    block = struct.pack("<I", 0 | 1 << 1 | (128 << 10) << 3)[:3] + b"\0"
    last = struct.pack("<I", 1 | 1 << 1 | (128 << 10) << 3)[:3] + b"\0"
    return b"\x28\xb5\x2f\xfd" + b"\0\x70" + block * (blocks - 1) + last


assert join(split()) == snap
for i in some(len(snap), 9):
    put(f"bad-cut-{i}", snap[:i])
for i in some(8 * len(snap), 17):
    put(f"bad-flip-{i}", snap[:i // 8] + bytes([snap[i // 8] ^ 1 << i % 8]) + snap[i // 8 + 1:])
put("bad-tail", snap + b"x")
put("bad-twice", snap + snap)
put("bad-sections", snap[:12] + b"\xff" * 4 + snap[16:])
put("bad-length", snap[:16] + b"\xff" * 8 + snap[24:])
put("bad-text", b"some text\n" * 1000)
# Sections, with checksums that are true.
for i in some(n, 4):
    for raw in (0, 1, 1 << 31, (1 << 62) + 5, (1 << 64) - 1):
        put(f"bad-raw-{i}-{raw}", changed(i, raw=raw))
    put(f"bad-kind-{i}", changed(i, kind=split()[i - 1][0]))
    put(f"bad-encoding-{i}", changed(i, encoding=7))
    put(f"bad-bomb-{i}", changed(i, encoding=1, raw=4 << 20, stored=bomb(200000)))
    put(f"bad-claimed-{i}", changed(i, encoding=1, raw=200000 << 17, stored=bomb(200000)))
    put(f"odd-zeros-{i}", changed(i, encoding=1, raw=32 << 17, stored=bomb(32)))
    put(f"odd-large-{i}", changed(i, encoding=0, raw=1 << 20, stored=b"\xff" * (1 << 20)))
put("bad-none", join([]))
put("bad-many", join(split() + [[100 + i, 1, 4 << 20, bomb(32)] for i in range(900)]))
for i in some(400 if everything else 12, 12):
    sections = split()
    at = random.randrange(n)
    # A section that is stored as it is can be changed in earnest.
    data = bytearray(sections[at][3])
    for _ in range(random.randrange(1, 4)):
        if data:
            data[random.randrange(len(data))] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
    sections[at][3] = bytes(data)
    put(f"odd-mended-{i}", join(sections))
# As long as it says, most of it a hole: its bytes are not all to be read before that is found out.
for i, encoding in ((0, 0), (1, 1), (n - 1, 0)):
    sections, hole = split(), 900 << 30
    sections[i] = [sections[i][0], encoding, hole if encoding == 0 else sections[i][2], sections[i][3]]
    data = join(sections)
    at, end = HEAD + i * ENTRY, HEAD + n * ENTRY
    grown = len(sections[i][3]) + hole
    head = bytearray(data[:end])
    struct.pack_into("<Q", head, 16, len(data) + hole)
    struct.pack_into("<QQ", head, at + 8, grown if encoding == 0 else sections[i][2], grown)
    rest = end + 4 + sum(len(s[3]) for s in sections[:i + 1])
    with open(os.path.join(folder, f"bad-hole-{i}"), "wb") as file:
        file.write(head + struct.pack("<I", zlib.crc32(head)) + data[end + 4:rest])
        file.seek(hole, os.SEEK_CUR)
        file.write(data[rest:])
# Documents.
for i in some(len(json.rstrip()), 9):
    put(f"bad-cut-{i}.json", json[:i])
for i in some(8 * len(json), 17):
    put(f"odd-flip-{i}.json", json[:i // 8] + bytes([json[i // 8] ^ 1 << i % 8]) + json[i // 8 + 1:])
put("bad-deep.json", b"[" * 1000000)
put("bad-deeper.json", b'{"schema": "memtrace-snapshot/1", "traces": ' + b'[{"a": ' * 100000)
put("bad-number.json", b'{"schema": "memtrace-snapshot/1", "traces": [{"size": 1e999, "count": 1, "frames": [["a", 1]]}]}')
put("bad-digits.json", b'{"schema": "memtrace-snapshot/1", "traces": [{"size": ' + b"9" * 1000000 + b', "count": 1, "frames": [["a", 1]]}]}')
put("bad-utf16.json", "\ufeff{}".encode("utf-16"))
put("bad-bytes.json", b'{"schema": "memtrace-snapshot/1", "traces": "\xff\xfe"}')
put("bad-blank.json", b" " * 1000000)
put("bad-other.json", b'{"schema": "memtrace-info/1", "traces": []}')
put("bad-frames.json", b'{"schema": "memtrace-snapshot/1", "traces": [{"size": 1, "count": 1, "frames": [' + b"9," * 300000 + b"9]}]}")
put("bad-zero.json", b"\0" * 1000000)
put("bad-large.json", b"{\"schema\": \"memtrace-snapshot/1\", \"traces\": [" + b"0," * 12000000)
