// SPDX-License-Identifier: GPL-3.0-or-later
// How large blocks are and how long they live, where the snapshot keeps that (report/html_lives.h): tables with bars, which
// everybody can read. Sizes are of the rows that filters let through, lifetimes of the whole run.

class Histogram {
	constructor(report) {
		this.report = report;
		this.column = report.data.column;
		byId("sizes").hidden = false;
		const parts = [...this.sizes(null), ...this.lifetimes(), this.became()].filter(Boolean);
		byId("sizes-body").replaceChildren(...(this.column["sizes_row/0"] ? [] : [el("p", {class: "about",
			text: "The snapshot does not keep the sizes of single blocks."})]), el("div", {class: "pair"}, parts),
			this.column["lifetimes_class/0"] ? "" : el("p", {class: "about", text: "It does not keep how long blocks lived."}));
	}

	// Sums by class of sizes, of some rows (a Set) or of all.
	bySize(rows) {
		const column = name => this.column[`sizes_${name}/0`], row = column("row"), classes = new Map();
		for (let i = 0; row && i < row.length; i++) {
			if (rows && !rows.has(row[i]))
				continue;
			const id = column("class")[i], sum = classes.get(id) || {id, min: Infinity, max: 0, count: 0, size: 0, live: 0, liveSize: 0};
			sum.min = Math.min(sum.min, column("min")[i]);
			sum.max = Math.max(sum.max, column("max")[i]);
			sum.count += column("count")[i];
			sum.size += column("size")[i];
			sum.live += column("live_count")[i];
			sum.liveSize += column("live_size")[i];
			classes.set(id, sum);
		}
		return [...classes.values()].sort((a, b) => a.id - b.id);
	}

	sizes(rows) {
		const classes = this.bySize(rows);
		if (!classes.length)
			return [];
		const name = visible(this.report.data.now.moments[this.report.standardMoment].name);
		return [el("div", {}, el("h3", {text: "Blocks by size"}), this.bars("Size", classes.map(c => ({label: c.min === c.max ? sizeText(c.min) : `${sizeText(c.min)} – ${sizeText(c.max)}`,
			value: c.count, cells: [countText(c.count), sizeText(c.size), c.live ? countText(c.live) : "", c.liveSize ? sizeText(c.liveSize) : ""]})),
		["Blocks ever", "Bytes ever", `Live at ${name}`, "Bytes live"]))];
	}

	lifetimes() {
		const id = this.column["lifetimes_class/0"], count = this.column["lifetimes_count/0"], size = this.column["lifetimes_size/0"];
		if (!id || !id.length)
			return [];
		const edge = k => secondsText(2 ** k / 1e9);
		const rows = [...id].map((k, i) => ({label: k ? `${edge(k - 1)} – ${edge(k)}` : "none to be measured", value: count[i], cells: [countText(count[i]), sizeText(size[i])]}));
		return [el("div", {}, el("h3", {text: `How long blocks lived that have gone${this.report.filtered ? ", of the whole run" : ""}`}),
			this.bars("Lifetime", rows, ["Blocks", "Bytes"]))];
	}

	// Temporary and moved blocks, in a sentence.
	became() {
		const sum = name => (this.column[`${name}/0`] || []).reduce((a, b) => a + b, 0), total = sum("total_count");
		if (!this.column["temporary_count/0"])
			return null;
		return el("p", {class: "about", text: `${plural(sum("temporary_count"), "block")}, ${shareText(sum("temporary_count"), total)} of all, ${sum("temporary_count") === 1 ? "was" : "were"} temporary: freed before the thread's next allocation. `
			+ `realloc moved ${plural(sum("moved_count"), "block")} and carried ${sizeText(sum("moved_size"))}.`});
	}

	bars(label, rows, heads) {
		const most = Math.max(1, ...rows.map(row => row.value));
		return el("div", {class: "scroller"}, el("table", {class: "bars"}, el("thead", {}, el("tr", {}, el("th", {scope: "col", text: label}),
			el("th", {scope: "col", class: "bar-cell"}, el("span", {class: "unseen", text: "Bar"})), heads.map(text => el("th", {scope: "col", class: "number", text})))),
		el("tbody", {}, rows.map(row => {
			const bar = el("i", {class: "part", "aria-hidden": "true"});
			bar.style.width = `${100 * row.value / most}%`;
			return el("tr", {}, el("th", {scope: "row", class: "bound", text: row.label}), el("td", {class: "bar-cell"}, el("span", {class: "meter"}, bar, "\u00a0")),
				row.cells.map(text => el("td", {class: "number", text})));
		}))));
	}

	// The same for the details of a place.
	of(rows) {
		const {data} = this.report, sum = name => rows.reduce((all, row) => all + (data.column[`${name}/0`] || [])[row], 0), parts = [...this.sizes(new Set(rows))];
		if (data.column["timed/0"] && sum("timed"))
			parts.push(el("p", {class: "about", text: `Its blocks that have gone lived ${secondsText(rows.reduce((all, row) => all + data.column["lifetime/0"][row] * data.column["timed/0"][row], 0) / sum("timed") / 1e9)} on average; ${plural(sum("temporary_count"), "block")} ${sum("temporary_count") === 1 ? "was" : "were"} temporary.`}));
		return parts;
	}
}
