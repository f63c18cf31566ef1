// SPDX-License-Identifier: GPL-3.0-or-later
// What resident memory consisted of at the chosen moment, where the collector looked at it: the heap against RSS.

const PARTS = {allocator: "In the allocator's hands", mapped: "Mapped by the program", files: "Files: code, constants, mapped files",
	data: "Data of executable and libraries", shared: "Shared memory", stacks: "Stacks", memtrace: "memtrace's own", other: "Unexplained"};
const OLD_NS = 10e6; // looked at so long before: worth to be said

function residentTable(moment) {
	const {memory} = moment;
	if (!memory)
		return null;
	const row = (label, size, inner) => {
		const bar = el("i", {class: "part", "aria-hidden": "true"});
		bar.style.width = `${Math.min(100, 100 * Math.abs(size) / (memory.resident || 1))}%`;
		return el("tr", {class: inner ? "inner" : false}, el("th", {scope: "row", text: label}), el("td", {class: "bar-cell"}, el("span", {class: "meter"}, bar, "\u00a0")),
			el("td", {class: "number", text: sizeText(size)}), el("td", {class: "number dim", text: shareText(Math.abs(size), memory.resident)}));
	};
	const rows = Object.keys(PARTS).filter(part => memory[part]).flatMap(part => [row(PARTS[part], memory[part]),
		...(part === "allocator" ? allocatorParts(memory).map(([label, size]) => row(label, size, true)) : [])]);
	return [el("h3", {text: `What ${sizeText(memory.resident)} of resident memory consisted of at ${visible(moment.name)}`}),
		el("div", {class: "scroller"}, el("table", {class: "bars resident"}, el("thead", {class: "unseen"}, el("tr", {}, ["Part", "Bar", "Size", "Share"].map(text =>
			el("th", {scope: "col", text})))), el("tbody", {}, rows))),
		memory.age_ns >= OLD_NS && el("p", {class: "about", text: `Looked at ${secondsText(memory.age_ns / 1e9)} before.`})];
}

// What was asked for, what the allocator gave more, and what it keeps; where less is resident than it gave, some was never touched.
function allocatorParts(memory) {
	const {requested, usable, allocator} = memory;
	if (requested === null || requested === undefined)
		return [];
	if (usable === null || usable === undefined || usable < requested)
		return [["requested", requested]];
	return [["requested", requested], ["overhead: what it gave more than that", usable - requested],
		allocator >= usable ? ["free in the allocator, and its own", allocator - usable] : ["of these never touched", allocator - usable]];
}
