# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are measured. A row knows how to make its command; a program that is not installed is left out by name."""
import glob
import os
import shutil
import socket
import threading
import time

import inputs

REAL, MORE = "real", "more"


class Row:
    """One program: `prepare(folder)` gives its command; `client(folder)`, if any, works on it while it runs."""

    def __init__(self, name, program, prepare, group=REAL, **others):
        self.name, self.program, self.prepare, self.group = name, program, prepare, group
        self.environment = others.get("environment", {})
        self.client = others.get("client")
        self.kinds = others.get("kinds")
        self.package = others.get("package", name)

    def installed(self):
        return bool(self.program and (shutil.which(self.program) or os.path.exists(self.program)))


class RedisClient:
    """Sends all requests down one socket, takes all replies, and tells the server to end: a fixed amount of work."""

    def __init__(self):
        self.requests, self.replies = inputs.redis_commands()

    def __call__(self, folder, is_over):
        path = os.path.join(folder, "redis.sock")
        with socket.socket(socket.AF_UNIX) as server:
            while True:
                try:
                    server.connect(path)
                    break
                except OSError:
                    if is_over():
                        return
                    time.sleep(0.001)
            sender = threading.Thread(target=self.send, args=(server,))
            sender.start()
            # Every reply here ends in CR LF, a bulk string once more.
            data = b""
            while not data.endswith(b"+PONG\r\n"):
                more = server.recv(1 << 20)
                if not more:
                    break
                data = data[-16:] + more
            sender.join()
            try:
                server.sendall(b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n")
                server.recv(16)
            except OSError:
                pass

    def send(self, server):
        try:
            server.sendall(self.requests + b"*1\r\n$4\r\nPING\r\n")
        except OSError:
            pass


def redis_command(folder):
    return ["redis-server", "--port", "0", "--unixsocket", os.path.join(folder, "redis.sock"), "--save", "", "--appendonly",
            "no", "--daemonize", "no", "--dir", folder, "--loglevel", "warning"]


def first(pattern):
    found = sorted(glob.glob(pattern))
    return found[-1] if found else None


def rows(programs):
    """All rows; `programs` is where the bench's own programs are."""
    cc1 = first("/usr/lib/gcc/x86_64-linux-gnu/*/cc1")
    own = lambda name: os.path.join(programs, name)
    return [
        Row("python3", "/usr/bin/python3", lambda folder: ["/usr/bin/python3", "-sS", inputs.script(folder, "python.py")],
            environment={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}),
        Row("perl", "perl", lambda folder: ["perl", inputs.script(folder, "perl.pl")], environment={"PERL_HASH_SEED": "0"}),
        Row("lua5.4", "lua5.4", lambda folder: ["lua5.4", inputs.script(folder, "lua.lua")]),
        Row("sqlite3", "sqlite3", lambda folder: ["sqlite3", ":memory:", ".read " + inputs.script(folder, "rows.sql")]),
        Row("jq", "jq", lambda folder: ["jq", "-f", inputs.script(folder, "rows.jq"), inputs.json_rows(folder)]),
        Row("xmllint", "xmllint", lambda folder: ["xmllint", "--xpath", "count(//row[@kind='heap']/value)",
            inputs.xml_rows(folder)], package="libxml2-utils"),
        Row("git log -p", "git", lambda folder: ["git", "-C", inputs.git_history(folder), "log", "-p", "--stat"],
            environment=inputs.GIT_ENVIRONMENT),
        Row("cc1 -O1", cc1, lambda folder: [cc1, "-quiet", "-O1", "-o", "/dev/null", inputs.c_source(folder, 600)],
            package="gcc"),
        Row("clang -O1", "clang", lambda folder: ["clang", "-O1", "-c", "-o", "/dev/null", inputs.c_source(folder, 500)]),
        Row("redis", "redis-server", redis_command, client=RedisClient, package="redis-server"),
        Row("20000 threads", own("short_threads"), lambda folder: [own("short_threads"), "20000", "10", "4"], MORE),
        Row("150 modules", "cc", lambda folder: [inputs.modules_program(folder)], MORE, package="gcc"),
    ]
