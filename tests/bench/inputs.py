# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measured programs are given: generated into a folder, the same every time, never fetched.

Each function writes what it returns the path of. Sizes are such that the program takes 0.3 to 1.5 seconds by itself.
"""
import concurrent.futures
import os
import random
import subprocess

PYTHON = """
d = {}
for i in range(400000):
    d[str(i)] = [i, str(i * 2), (i, i + 1)]
print(sum(len(v[1]) for v in d.values()))
"""
PERL = """
my %groups;
push @{$groups{$_ % 5003}}, { id => $_, name => "row $_", tags => [$_ % 7, $_ % 11] } for 1 .. 250000;
my ($n, %words) = 0;
for my $key (sort keys %groups) {
    for my $row (grep { $_->{id} % 3 } @{$groups{$key}}) {
        $n += length join ",", map { "$_-$row->{name}" } @{$row->{tags}};
        $words{substr $row->{name}, -3}++;
    }
}
print "$n ", scalar keys %words, "\\n";
"""
LUA = """
local rows, count = {}, {}
for i = 1, 250000 do
    rows[i] = { id = i, name = "row " .. i * 7919 % 1000003, tags = { i % 7, i % 11 } }
end
table.sort(rows, function(a, b) return a.name < b.name end)
local parts = {}
for i, row in ipairs(rows) do
    local key = row.name:sub(-3)
    count[key] = (count[key] or 0) + #row.tags
    if i % 4 == 0 then parts[#parts + 1] = row.name:upper() end
end
print(#table.concat(parts, ","))
"""
SQL = """create table t(a integer primary key, b text, c real); create index i on t(b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 250000)
insert into t select x, 'row ' || (x * 7919 % 1000003), x / 3.0 from c;
update t set b = b || ' again' where a % 5 = 0; delete from t where a % 7 = 0;
select count(*), max(b), group_concat(substr(b, 5, 1)) from t where a % 100 = 1;
select substr(b, 1, 6) k, count(*) n, avg(c) from t group by k order by n desc limit 5;"""
JQ = '[.[] | select(.id % 3 == 0) | {name, n: (.tags | length), t: (.tags | join(","))}] | group_by(.n) | map(length)'
WORDS = ("heap stack frame block trace module thread event ring pool page slot record reader table column printer "
         "alpha beta gamma delta").split()


SCRIPTS = {"python.py": PYTHON, "perl.pl": PERL, "lua.lua": LUA, "rows.sql": SQL, "rows.jq": JQ}


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def script(folder, name):
    """In a file: heaptrack takes an argument of several lines for lines of its own."""
    return write(os.path.join(folder, name), SCRIPTS[name])


def c_source(folder, functions):
    """Loops, branches and calls: work for every pass of a compiler."""
    lines = ["int printf(const char *, ...);"]
    for i in range(functions):
        lines.append(f"int f{i}(int a, int b) {{ int s = {i}; for (int k = 0; k < a; k++) {{ if (k % {i % 7 + 2}) s += k * b; "
                     f"else s ^= (s << {i % 5 + 1}) + printf(\"%d\", s); }} return s; }}")
    return write(os.path.join(folder, f"source{functions}.c"), "\n".join(lines) + "\n")


def json_rows(folder, count=120000):
    chance = random.Random(1)
    rows = (f'{{"id": {i}, "name": "{chance.choice(WORDS)} {i}", "value": {chance.random():.6f}, '
            f'"tags": ["{chance.choice(WORDS)}", "{chance.choice(WORDS)}"]}}' for i in range(count))
    return write(os.path.join(folder, "rows.json"), "[" + ",\n".join(rows) + "]\n")


def xml_rows(folder, count=120000):
    chance = random.Random(2)
    rows = (f'<row id="{i}" kind="{chance.choice(WORDS)}"><name>{chance.choice(WORDS)} {i}</name>'
            f'<value unit="B">{chance.randrange(10**6)}</value></row>' for i in range(count))
    return write(os.path.join(folder, "rows.xml"), "<?xml version='1.0'?>\n<rows>\n" + "\n".join(rows) + "\n</rows>\n")


def git_history(folder, commits=1500, files=40):
    """A repository by git fast-import: each commit changes a few lines of three files."""
    chance, path = random.Random(3), os.path.join(folder, "history")
    texts = [[" ".join(chance.choices(WORDS, k=6)) for _ in range(120)] for _ in range(files)]
    stream = []
    for number in range(commits):
        message = f"Change {number}: {' '.join(chance.choices(WORDS, k=4))}\n"
        stream.append(f"commit refs/heads/main\ncommitter Bench <bench@example.org> {1700000000 + number * 60} +0000\n"
                      f"data {len(message)}\n{message}")
        for which in range(files) if number == 0 else chance.sample(range(files), 3):
            for _ in range(3):
                texts[which][chance.randrange(120)] = " ".join(chance.choices(WORDS, k=6))
            text = "\n".join(texts[which]) + "\n"
            stream.append(f"M 100644 inline file{which}.txt\ndata {len(text)}\n{text}")
    quiet = {"env": {**os.environ, **GIT_ENVIRONMENT}, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], **quiet)
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input="\n".join(stream).encode(), **quiet)
    return path


GIT_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_PAGER": "cat"}


def redis_commands(rounds=60000):
    """Requests in redis's own protocol, and how many replies they bring."""
    chance, requests = random.Random(4), []

    def ask(*words):
        requests.append(f"*{len(words)}\r\n" + "".join(f"${len(str(word))}\r\n{word}\r\n" for word in words))

    for i in range(rounds):
        ask("SET", f"key:{i}", "x" * chance.randrange(8, 200))
        ask("RPUSH", f"list:{i % 2000}", f"item {i}")
        ask("HSET", f"hash:{i % 5000}", f"field{i % 50}", f"{' '.join(chance.choices(WORDS, k=3))} {i}")
        ask("ZADD", f"rank:{i % 50}", chance.randrange(1000), f"member {i}")
        ask("GET", f"key:{chance.randrange(i + 1)}")
        if i % 3 == 0:
            ask("DEL", f"key:{i // 2}")
    return "".join(requests).encode(), len(requests)


def modules_program(folder, count=150, rounds=300):
    """A program with so many shared libraries, each with a few functions that allocate and call each other."""
    folder = os.path.join(folder, "modules")
    os.makedirs(folder)

    def build(i):
        functions = "".join(
            f"int m{i}_{k}(int x) {{ char *p = malloc(16 + (x & 63)); p[0] = x; "
            f"int r = p[0] + {f'm{i}_{k - 1}(x + 1)' if k else 'x'}; free(p); return r; }}\n" for k in range(8))
        source = write(os.path.join(folder, f"m{i}.c"), "#include <stdlib.h>\n" + functions)
        subprocess.run(["cc", "-O1", "-fno-builtin", "-fPIC", "-shared", "-o", os.path.join(folder, f"libm{i}.so"), source],
                       check=True, capture_output=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(build, range(count)))
    main = "".join(f"int m{i}_7(int);\n" for i in range(count)) + "static int (*const all[])(int) = {" + \
        ", ".join(f"m{i}_7" for i in range(count)) + "};\nint main(void) { int s = 0; for (int r = 0; r < " + \
        f"{rounds}; r++) for (int i = 0; i < {count}; i++) s += all[i](r); return s == 1; }}\n"
    program = os.path.join(folder, "modules")
    subprocess.run(["cc", "-O1", "-o", program, write(os.path.join(folder, "main.c"), main), f"-Wl,-rpath,{folder}",
                    *(os.path.join(folder, f"libm{i}.so") for i in range(count))], check=True, capture_output=True)
    return program
