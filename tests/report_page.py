#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What e2e/report.test holds the pages of `memtrace report` to, in a browser. Run in a folder with the pages and what `memtrace
top` and `diff` say of the same snapshots; prints a line "ok - WHAT" or "not ok - WHAT" with what was seen behind it.

    report_page.py [PART…]     of top, flame, place, difference, sampled, hostile, narrow, many; all
"""
import json
import os
import sys
import time
import traceback

from browser import Browser

READY = "'ready' in document.documentElement.dataset"


def verdict(what, got, want=True):
    good = got == want
    print(f"{'ok' if good else 'not ok'} - {what}" + ("" if good else f"\t got {got!r}, want {want!r}"), flush=True)


def told(page, what, expression, want=True):
    """Some events come a moment after what they tell of."""
    until = time.monotonic() + 20
    while page.eval(expression) != want and time.monotonic() < until:
        page.browser.read(time.monotonic() + 0.02)
    verdict(what, page.eval(expression), want)


def url(name, state=""):
    return "file://" + os.path.abspath(name) + (f"#{state}" if state else "")


def load(name):
    with open(name, encoding="utf-8") as file:
        return json.load(file)


def cells(page, column):
    return page.eval(f"[...document.querySelectorAll('#panel tbody > tr > .{column}')].map(c => 'value' in c.dataset ? +c.dataset.value : c.querySelector('a')?.title ?? c.textContent)")


def place_text(by, row):
    """As the page names it, from a row of --json."""
    if by == "thread":
        return f"thread {row['thread']['tid']}" + (f" ({row['thread']['name']})" if row["thread"]["name"] else "") if row["thread"] else "<unknown>"
    frame = row["traceback"][-1]
    if by == "module":
        return frame["filename"]
    if by == "function" and frame["function"]:
        return f"{frame['filename']}({frame['function']})"
    if by == "lineno" and not frame["lineno"] and frame["function"]:
        return f"{frame['filename']}({frame['function']})"
    return f"{frame['filename']}:{frame['lineno']}"


def quiet(page, what):
    verdict(f"{what}: the console says nothing", page.problems, [])
    verdict(f"{what}: nothing is loaded but the page", [r for r in page.requests if not r.startswith("file:") or "/a" not in r], [])


def top(browser):
    page = browser.page()
    page.open(url("a.html"), READY)
    told(page, "the title is the program's", "document.title", "server – memtrace report")
    for by, tab in (("lineno", "line"), ("filename", "file"), ("function", "function"), ("module", "module"), ("thread", "thread")):
        want = load(f"top-{by}.json")["rows"]
        page.click(f"#tab-{tab}")
        got = list(zip(cells(page, "name"), cells(page, "size"), cells(page, "count")))
        verdict(f"by {by}: rows, bytes and blocks are those of top, in its order", got,
                [(place_text(by, r), r["size"], r["count"]) for r in want])
    page.click("#tab-traceback")
    want = load("top-traceback.json")["rows"]
    verdict("by traceback too", list(zip(cells(page, "size"), cells(page, "count"))), [(r["size"], r["count"]) for r in want])
    page.click("#panel tbody summary")
    told(page, "its frames, most recent first", "[...document.querySelectorAll('#panel details[open] li a')].map(a => a.title)",
            [f"{f['filename']}:{f['lineno']}" for f in reversed(want[0]["traceback"])])
    page.click("#tab-line")
    want = load("cumulative.json")["rows"]
    page.click("#panel th.cumulative button")
    got = dict(zip(cells(page, "name"), cells(page, "cumulative")))
    verdict("with callees is --cumulative=once", got, {place_text("lineno", r): r["size"] for r in want})
    told(page, "the header says how it is sorted", "document.querySelector('#panel th.cumulative').getAttribute('aria-sort')", "descending")
    page.click("#panel th.cumulative button")
    verdict("a second click turns it round", cells(page, "cumulative"), sorted(got.values()))
    told(page, "and says so", "document.querySelector('#panel th.cumulative').getAttribute('aria-sort')", "ascending")
    page.click("#panel th.size button")
    page.press("f")
    page.type("buf.c")
    verdict("typed into the filter", cells(page, "name"), [place_text("lineno", r) for r in load("top-lineno.json")["rows"] if "buf.c" in r["traceback"][-1]["filename"]])
    told(page, "the sum is of these", "document.querySelector('#panel [role=status]').textContent.includes('of 5')")
    page.press("Escape")
    page.press("m")
    told(page, "m goes to the next moment", "[document.getElementById('moment').value, location.hash.includes('moment=peak')]", ["peak", True])
    page.eval("document.getElementById('filter').value = '', report.state.set({filter: ''})")
    verdict("which has the peak's bytes", cells(page, "size"), [r["size"] for r in load("top-peak.json")["rows"]])
    page.click("#timeline-body .chips button")
    told(page, "and a click goes back", "document.getElementById('moment').value", "exit")
    page.press("o")
    verdict("own code only is --hide-std", list(zip(cells(page, "name"), cells(page, "size"))),
            [(place_text("lineno", r), r["size"]) for r in load("top-own.json")["rows"]])
    page.click("#tab-line")
    page.press("ArrowRight")
    told(page, "arrows go through the tabs", "[document.activeElement.id, document.activeElement.getAttribute('aria-selected')]", ["tab-file", "true"])
    page.press("?")
    told(page, "? lists the keys", "document.getElementById('keys').open")
    page.press("Escape")
    told(page, "all that can be clicked can be named", "[...document.querySelectorAll('button, a, input, select')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length", 0)
    told(page, "nothing is drawn twice over one id", "(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))", 0)
    quiet(page, "tables")


def boxes(page):
    """What is drawn: name to [middle x, middle y, width], on the screen."""
    page.where("#flame-canvas")
    return page.eval("(area => Object.fromEntries(report.flame.drawing.boxes.map(b => [report.flame.tree.name(b.id), [area.left + b.x + b.width / 2, area.top + b.y + 9, b.width]])))"
                     "(document.getElementById('flame-canvas').getBoundingClientRect())")


def flame(browser):
    page = browser.page()
    page.open(url("a.html"), READY)
    total = load("top-lineno.json")["total"]["size"]
    at = boxes(page)
    wide = at["all"][2]
    verdict("a frame is as wide as its bytes", [round(at[name][2] / wide * total) for name in ("main", "serve", "read_all")],
            [load("top-lineno.json")["total"]["size"], 12288, 12288])
    page.mouse("mouseMoved", *at["serve"][:2])
    page.settle()
    told(page, "the frame under the mouse is told", "(t => [t.hidden, t.textContent.includes('serve'), t.textContent.includes('12.0 KiB')])(document.getElementById('tip'))", [False, True, True])
    page.click_at(*at["serve"][:2])
    told(page, "a click zooms", "[report.flame.tree.name(report.flame.root), document.querySelectorAll('#crumbs li').length]", ["serve", 3])
    verdict("to the whole width", round(boxes(page)["serve"][2]), round(wide))
    page.click("#unzoom")
    told(page, "and a button goes back", "report.flame.root", 0)
    page.press("g")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.press(key)
    told(page, "arrows go from frame to frame, and a live line reads them", "[report.flame.tree.name(report.flame.selected), document.getElementById('flame-live').textContent.split(',')[0], document.getElementById('flame-live').getAttribute('aria-live')]", ["serve", "serve", "polite"])
    page.press("ArrowLeft")
    told(page, "and back", "report.flame.tree.name(report.flame.selected)", "pool_new")
    page.press("ArrowRight")
    page.press("Enter")
    told(page, "Enter zooms", "report.flame.tree.name(report.flame.root)", "serve")
    page.press("Backspace")
    told(page, "Backspace goes out one", "report.flame.tree.name(report.flame.root)", "main")
    page.press("Escape")
    page.press("d")
    told(page, "of all there are no details", "document.getElementById('place').open", False)
    page.press("/")
    page.type("BUF.C")
    told(page, "a search finds by file too, in any case", "[...report.flame.matches].map((m, id) => m ? report.flame.tree.name(id) : '').filter(Boolean).sort().join()", "buf_grow,read_all")
    told(page, "and says how much", "document.getElementById('flame-live').textContent.includes('12.0 KiB')")
    page.press("Enter")
    told(page, "Enter goes to the widest", "report.flame.tree.name(report.flame.selected)", "read_all")
    page.press("Escape")
    page.click("#invert")
    told(page, "inverted it begins with who allocates", "[...report.flame.tree.children(0)].map(id => report.flame.tree.name(id)).sort().join()", load("leaves.json"))
    told(page, "with the same sum", "report.flame.tree.value[0]", total)
    page.eval("document.getElementById('weight').focus()")
    page.eval("report.state.set({weight: 'total_count', invert: '', search: ''})")
    told(page, "weighed by all allocations ever", "report.flame.tree.value[0]", load("info.json")["snapshot"]["total_count"])
    quiet(page, "flame graph")


def place(browser):
    page = browser.page()
    page.open(url("a.html", "line=src/buf.c:31"), READY)
    told(page, "a deep link opens the line", "[document.getElementById('place').open, document.getElementById('place-title').textContent]", [True, "Line " + load("folder.json") + "/src/buf.c:31"])
    told(page, "with its source", "document.querySelector('#place .source .chosen code').textContent", "line 31;")
    told(page, "and the bytes beside it", "document.querySelector('#place .source .chosen .number').textContent", "8192 B")
    page.press("Escape")
    told(page, "Escape closes it and clears the address", "[document.getElementById('place').open, location.hash]", [False, ""])
    page.click("#panel tbody .name a")
    told(page, "a click on a row opens it", "document.getElementById('place').open")
    page.click("#place .frames li:nth-child(2) a.name")
    told(page, "and there one on a frame", "location.hash.endsWith('main.c:4')")
    page.eval("history.back()")
    page.wait("document.getElementById('place').open", "the place before")
    page.press("Escape")
    page.open(url("a.html", "moment=peak&by=function&filter=grow&search=serve&own="), READY)
    told(page, "all of the state is in the address", "[report.momentName(), report.tables.by(), document.getElementById('filter').value, document.getElementById('search').value]", ["peak", "function", "grow", "serve"])
    page.open(url("a.html", "line=nowhere.c:1"), READY)
    told(page, "a line that is not there is said to be so", "document.getElementById('place').textContent.includes('No line of that name')")
    page.open(url("a.html", "moment=%ZZ&by=x&weight=y&sort=q&line=%"), READY)
    told(page, "nonsense in the address does no harm", "[report.momentName(), report.tables.by(), report.state.get('weight')]", ["exit", "line", "size"])
    told(page, "blocks by size, in classes", "[...document.querySelector('#sizes-body table').querySelectorAll('tbody th')].map(c => c.textContent)",
            ["8 B", "256 B", "4096 B", "5461 B – 5462 B"])
    told(page, "their numbers", "[...document.querySelectorAll('#sizes-body table tbody tr:nth-child(3) td.number')].map(c => c.textContent)", ["21", "84.0 KiB", "3", "12.0 KiB"])
    told(page, "and lifetimes", "[...document.querySelectorAll('#sizes-body table')][1].innerText.includes('65.5 µs – 131 µs')")
    told(page, "sizes are of the moment that the snapshot's sums are of", "document.querySelector('#sizes-body thead').textContent.includes('Live at exit')")
    told(page, "resident memory, and what of the allocator's was asked for", "[...residentTable({name: 'x', memory: {resident: 9000, allocator: 5000, mapped: 0, files: 4000, requested: 4000, usable: 4500, age_ns: 0}})[1]"
         ".querySelectorAll('tbody tr')].map(r => r.children[0].textContent.split(' ')[0] + ' ' + r.children[2].textContent).join()",
         "In 5000 B,requested 4000 B,overhead: 500 B,free 500 B,Files: 4000 B")
    told(page, "nothing of what nobody looked at", "residentTable({name: 'x'})", None)
    told(page, "temporary blocks can be weighed", "(report.state.set({weight: 'temporary_count'}), report.flame.tree.value[0])", 5)
    told(page, "the timeline knows when the peak was", "[...document.querySelectorAll('#timeline .mark text')].map(t => t.textContent).sort().join()", "exit,peak,warm")
    page.open(url("a-diff.html", "line=buf.c:31"), READY)
    told(page, "a place tells its sizes and lifetimes", "(t => [t.includes('4096 B'), t.includes('100 µs on average; 5 blocks were temporary')])(document.getElementById('place').textContent)", [True, True])
    quiet(page, "places")


def difference(browser):
    page = browser.page()
    page.open(url("a-diff.html"), READY)
    rows = load("diff.json")["rows"]
    got = list(zip(cells(page, "name"), cells(page, "sizeDiff"), cells(page, "size"), cells(page, "countDiff"), cells(page, "count")))
    verdict("rows, differences and order are those of diff", got,
            [(place_text("lineno", r), r["size_diff"], r["size"], r["count_diff"], r["count"]) for r in rows])
    colours = page.eval("(f => Object.fromEntries(f.drawing.boxes.map(b => [f.tree.name(b.id), f.drawing.colour(f.tree, b.id, null)])))(report.flame)")
    hue = {name: float(colour[4:].split()[0]) for name, colour in colours.items()}
    verdict("what grew is orange, what shrank blue, the same grey", [hue["pool_new"], hue["buf_grow"], hue["same"]], [30, 215, 220])
    box = boxes(page)["pool_new"]
    pixel = page.eval(f"[...document.getElementById('flame-canvas').getContext('2d').getImageData(report.flame.drawing.boxes.find(b => report.flame.tree.name(b.id) === 'pool_new').x + {box[2]} - 6, report.flame.drawing.boxes.find(b => report.flame.tree.name(b.id) === 'pool_new').y + 9, 1, 1).data]")
    verdict("and so it is on the canvas", pixel[0] > pixel[2] + 40)
    told(page, "a sign tells too", "document.getElementById('legend').textContent.includes('+ grew')")
    quiet(page, "difference")


def sampled(browser):
    page = browser.page()
    page.open(url("a-sampled.html"), READY)
    rows = load("sampled.json")["rows"]
    for key, name in (("size", "sizeError"), ("count", "countError")):
        verdict(f"each row tells how far its {key} may be off", list(zip(cells(page, key), cells(page, name))),
                [(r[key], r[f"{key}_error"]) for r in rows])
    verdict("with callees too", dict(zip(cells(page, "name"), cells(page, "cumulativeError")))[place_text("lineno", rows[0])] > 0)
    total = load("sampled.json")["total"]
    told(page, "and the sum, as top says it", "errorOf(report.tables.groups.total.sizeVariance)", total["size_error"])
    told(page, "in words", "/: [0-9.]+ [KM]iB ± [0-9.]+ [KM]?i?B in /.test(document.querySelector('#panel [role=status]').textContent)")
    page.open(url("a-sampled-diff.html"), READY)
    rows = load("sampled-diff.json")["rows"]
    verdict("a difference has the errors of both", list(zip(cells(page, "sizeDiff"), cells(page, "sizeError"))),
            [(r["size_diff"], r["size_diff_error"]) for r in rows])
    page.open(url("a.html"), READY)
    told(page, "what is exact tells none", "document.querySelectorAll('#panel th.sizeError').length", 0)
    quiet(page, "sampled")


def hostile(browser):
    page = browser.page()
    page.open(url("ahostile.html"), READY)
    for by in ("line", "file", "function", "module", "traceback", "thread"):
        page.click(f"#tab-{by}")
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.settle()
    box = boxes(page)
    for name in list(box):
        page.mouse("mouseMoved", *box[name][:2])
    page.click("#tab-line")
    page.click("#panel tbody .name a")
    page.press("Escape")
    told(page, "no name becomes an element", "document.querySelectorAll('img, b, iframe, object, body script:not([src]):not(#data)').length", 1)
    told(page, "nor runs", "typeof hacked", "undefined")
    told(page, "it is there as text", "document.body.textContent.includes('</script><img src=x onerror=hacked=1>')")
    told(page, "control characters are shown as signs", "/[\\u0000-\\u0008\\u202a-\\u202e]/.test(document.getElementById('panel').textContent)", False)
    page.eval("(s => { s.textContent = 'window.hacked = 1'; document.body.append(s); })(document.createElement('script'))")
    told(page, "a script that gets in all the same is not run", "typeof hacked", "undefined")
    page.problems.clear()
    quiet(page, "hostile names")


def narrow(browser):
    page = browser.page(width=360, height=720)
    for name in ("a.html", "ahostile.html", "a-diff.html"):
        page.open(url(name), READY)
        for by in ("line", "function", "traceback", "thread"):
            page.click(f"#tab-{by}")
            told(page, f"{name} by {by} needs no scrolling aside at 360 pixels", "document.documentElement.scrollWidth", 360)
        page.click("#tab-line")
        page.click("#panel tbody .name a")
        told(page, f"{name}: nor do details", "(d => d.scrollWidth <= d.clientWidth)(document.getElementById('place'))")
    for dark in (False, True):
        page.look(1280, 900, dark)
        page.open(url("a.html"), READY)
        ink, paper = page.eval("(s => [s.color, s.backgroundColor].map(c => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)))(getComputedStyle(document.body))")
        verdict("dark where that is wished" if dark else "light else", ink > paper, dark)
    page.call("Emulation.setEmulatedMedia", {"media": "print"})
    told(page, "printed without what is to be clicked", "getComputedStyle(document.querySelector('.toolbar')).display", "none")
    quiet(page, "narrow")


def many(browser):
    page = browser.page()
    page.open(url("amany.html"), READY)
    told(page, "all stacks are there", "report.data.rows", load("many.json"))
    told(page, "few are in the page", "document.querySelectorAll('#panel tbody tr').length", 100)
    page.click("#panel .more button")
    told(page, "more on demand", "document.querySelectorAll('#panel tbody tr').length", 600)
    page.press("i")
    told(page, "inverted with the same sum", "report.flame.tree.value[0] === report.tables.groups.total.size")
    paint = page.eval("performance.getEntriesByType('paint')[0].startTime")
    print(f"# {page.eval('report.data.rows')} stacks: first paint after {paint:.0f} ms, drawn "
          f"{page.eval('document.documentElement.dataset.ready')} ms after the script began")
    quiet(page, "many stacks")


PARTS = {part.__name__: part for part in (top, flame, place, difference, sampled, hostile, narrow, many)}


def main():
    with Browser() as browser:
        for name in sys.argv[1:] or PARTS:
            try:
                PARTS[name](browser)
            except Exception:
                verdict(f"{name} goes to its end: " + " ".join(traceback.format_exc().split()), False)
            browser.close_pages()


main()
