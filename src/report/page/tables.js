// SPDX-License-Identifier: GPL-3.0-or-later
// The tables by line, file, function, module, traceback and thread: tabs, the filter, and what stands in each column.

class Tables {
	constructor(report) {
		this.report = report;
		this.state = report.state;
		this.tabs = Object.keys(BY).map(by => el("button", {type: "button", role: "tab", id: `tab-${by}`, text: BY[by].label,
			"aria-controls": "panel", onclick: () => this.state.set({by, sort: ""}), onkeydown: event => this.key(event, by)}));
		byId("tabs").append(...this.tabs);
		byId("filter").addEventListener("input", event => this.state.set({filter: event.target.value}));
		this.state.listen(["moment", "own", "by"], () => this.make());
		this.state.listen(["filter"], () => this.filter());
		this.state.listen(["sort"], () => this.state.get("sort") !== this.sorted() && this.make());
		byId("tables").hidden = false;
	}

	key(event, by) {
		const all = Object.keys(BY), step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
		const to = step ? all[(all.indexOf(by) + step + all.length) % all.length] : {Home: all[0], End: all[all.length - 1]}[event.key];
		if (!to)
			return;
		event.preventDefault();
		this.state.set({by: to, sort: ""});
		byId(`tab-${to}`).focus();
	}

	by() {
		return BY[this.state.get("by")] ? this.state.get("by") : "line";
	}

	make() {
		const {report} = this, by = this.by(), own = this.state.get("own") === "1";
		for (const tab of this.tabs) {
			const chosen = tab.id === `tab-${by}`;
			tab.setAttribute("aria-selected", String(chosen));
			tab.tabIndex = chosen ? 0 : -1;
		}
		byId("panel").setAttribute("aria-labelledby", `tab-${by}`);
		this.groups = report.groups(by, own);
		const [key, order] = (this.state.get("sort") || this.standard()).split(",");
		this.table = new Table({columns: this.columns(by), rows: [], caption: `Memory by ${by}`,
			sort: {key, order: order === "ascending" ? order : "descending"}, onsort: () => (this.state.set({sort: this.sorted()}), this.filter()),
			compare: (a, b) => this.tie(a, b)});
		this.summary = el("p", {class: "about", role: "status"});
		byId("panel").replaceChildren(this.summary, this.table.node);
		this.filter();
	}

	// tracemalloc's order: by bytes, then blocks, then name.
	tie(a, b) {
		const diff = this.report.data.before;
		const pairs = diff ? [[Math.abs(a.sizeDiff), Math.abs(b.sizeDiff)], [a.size, b.size], [Math.abs(a.countDiff), Math.abs(b.countDiff)], [a.count, b.count]]
			: [[a.size, b.size], [a.count, b.count]];
		for (const [x, y] of pairs) {
			if (x !== y)
				return x - y;
		}
		return this.compareNames(a, b);
	}

	// A traceback from its oldest frame on, one that begins another is below it.
	compareNames(a, b) {
		const {names, data} = this.report;
		if (this.groups.by !== "traceback")
			return names.compare(a.key, b.key);
		const places = group => this.groups.stacks.walk(group.leaf).reverse().map(n => data.column.spot_line[data.column.node_spot[n]]);
		const x = places(a), y = places(b);
		for (let i = 0; i < Math.min(x.length, y.length); i++) {
			const order = names.compare(x[i], y[i]);
			if (order)
				return order;
		}
		return x.length - y.length;
	}

	standard() {
		return this.report.data.before ? "sizeDiff,descending" : "size,descending";
	}

	sorted() {
		if (!this.table)
			return "";
		const text = `${this.table.key},${this.table.order}`;
		return text === this.standard() ? "" : text;
	}

	filter() {
		const text = this.state.get("filter").toLowerCase(), groups = this.groups, {before} = this.report.data;
		if (byId("filter").value !== this.state.get("filter"))
			byId("filter").value = this.state.get("filter");
		// Places that hold nothing themselves are of interest where their callees are asked for.
		const shown = this.table.key === "cumulative" ? groups.all : groups.all.filter(group => group.holds);
		const rows = text ? shown.filter(group => this.searched(group).includes(text)) : [...shown];
		const sum = rows.reduce((all, g) => ({size: all.size + g.size, count: all.count + g.count, diff: all.diff + g.sizeDiff,
			variance: all.variance + g.sizeVariance}), {size: 0, count: 0, diff: 0, variance: 0});
		this.table.rows = rows;
		this.table.sort(this.table.key, this.table.order);
		this.summary.textContent = `${plural(rows.length, "row")}${text ? ` of ${countText(shown.length)}` : ""}: ${sizeText(sum.size)}`
			+ (this.report.data.sampled ? ` ± ${sizeText(errorOf(sum.variance))}` : "") + (before ? ` (${sizeText(sum.diff, true)})` : "") + ` in ${plural(sum.count, "block")} at ${visible(this.report.momentName())}`
			+ (text ? `, ${shareText(sum.size, groups.total.size)} of ${sizeText(groups.total.size)}.` : ".");
	}

	searched(group) {
		return group.text ??= (this.label(group) + "\n" + this.functionOf(group)).toLowerCase();
	}

	// The whole name, of a traceback its most recent frame's.
	label(group) {
		const {names, data} = this.report;
		return this.groups.by === "traceback" ? this.report.stacks(this.state.get("own") === "1").walk(group.leaf)
			.map(n => names.where(data.column.node_spot[n])).join("\n") : names.place(group.key);
	}

	functionOf(group) {
		const {names, data} = this.report;
		if (this.groups.by === "traceback")
			return this.groups.stacks.walk(group.leaf).map(n => names.fullFrame(data.column.node_spot[n])).join("\n");
		return group.name > 0 ? names.string(group.name) : "";
	}

	columns(by) {
		const total = this.groups.total, before = this.report.data.before;
		const size = (key, label, about) => ({key, label, about, number: true, value: g => g[key], text: g => sizeText(g[key]),
			title: g => `${countText(g[key])} bytes`});
		const count = (key, label, about) => ({key, label, about, number: true, value: g => g[key], text: g => countText(g[key])});
		const difference = (key, label, bytes) => ({key, label, number: true, value: g => g[key], cell: g =>
			el("span", {class: g[key] > 0 ? "grew" : g[key] < 0 ? "shrank" : "same", text: bytes ? sizeText(g[key], true) : countText(g[key], true)}),
			title: g => countText(g[key], true)});
		const error = (key, bytes, about) => ({key: `${key}Error`, label: "±", about, number: true, value: g => errorOf(g[`${key}Variance`]),
			text: g => `±\u202f${bytes ? sizeText(errorOf(g[`${key}Variance`])) : countText(errorOf(g[`${key}Variance`]))}`});
		const errors = this.report.data.sampled ? [error("size", true, "How far the size, or its change, may be off"), error("count", false, "How far the number of blocks may be off")] : [];
		const columns = [size("size", "Size", "Bytes live at the moment, allocated here"), ...errors.slice(0, 1)];
		if (before)
			columns.unshift({...difference("sizeDiff", "Change", true), value: g => Math.abs(g.sizeDiff), raw: g => g.sizeDiff});
		else
			columns.push({key: "share", label: "Share", number: true, value: g => g.size, cell: g => share(g.size, total.size)});
		columns.push(count("count", "Blocks"), ...errors.slice(1));
		if (before)
			columns.push({...difference("countDiff", "Change", false), value: g => Math.abs(g.countDiff), raw: g => g.countDiff});
		columns.push({key: "average", label: "Average", number: true, value: g => g.count ? g.size / g.count : 0,
			text: g => g.count ? sizeText(g.size / g.count) : "–"});
		if (BY[by].column && by !== "traceback")
			columns.push(size("cumulative", "With callees", "Bytes live that were allocated here or in what it called"),
				...(errors.length ? [error("cumulative", true, "How far the size with callees may be off")] : []));
		columns.push(size("totalSize", "Ever", "Bytes allocated in the whole run, freed ones too"));
		columns.push({key: "name", label: BY[by].label, value: g => this.label(g), compare: (a, b) => this.compareNames(a, b), head: true, cell: g => this.nameCell(by, g)});
		return columns;
	}

	nameCell(by, group) {
		const {names} = this.report;
		if (by === "traceback")
			return this.traceCell(group);
		const {main, rest} = names.parts(group.key, by), line = this.report.data.column.place_kind[group.key] === PLACE_LINE;
		const func = by === "line" && line && group.name > 0 ? names.short(group.name) : "";
		const about = [func && el("bdi", {class: "func", text: visible(func.slice(0, 300))}), rest && el("bdi", {class: "rest", text: visible(rest.slice(0, 400))})];
		return this.report.link(by, group.key, el("bdi", {class: "main", text: visible(main.slice(0, 300))}), about);
	}

	traceCell(group) {
		const {names, data} = this.report, spots = this.groups.stacks.walk(group.leaf).map(n => data.column.node_spot[n]);
		const head = spots.length ? spots[0] : data.column.node_spot[group.leaf];
		const stack = el("details", {class: "trace"}, el("summary", {}, el("bdi", {class: "main", text: visible(names.frame(head).slice(0, 300))}),
			el("bdi", {class: "rest", text: visible(names.where(head).slice(0, 400))}), el("span", {class: "depth", text: plural(spots.length, "frame")})));
		stack.addEventListener("toggle", () => {
			if (stack.open && stack.children.length === 1)
				stack.append(this.report.traceList(spots));
		});
		return stack;
	}
}

function share(part, whole) {
	const bar = el("i", {class: "part", "aria-hidden": "true"});
	bar.style.width = `${whole ? Math.max(0, Math.min(100, 100 * part / whole)) : 0}%`;
	return el("span", {class: "meter"}, bar, el("span", {text: shareText(part, whole)}));
}
