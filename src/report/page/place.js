// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one place: how much it holds at each moment, its source, and the stacks that lead through it. It opens by its
// name behind the # of the address; "src/a.c:12" is the place whose name ends with it.

const PLACE_KEYS = ["line", "file", "function", "module", "thread"], STACKS_SHOWN = 10, MOMENTS_SHOWN = 12;

class Place {
	constructor(report) {
		this.report = report;
		this.dialog = byId("place");
		report.state.listen(PLACE_KEYS, () => this.make());
		report.state.listen(["moment", "own"], () => this.dialog.open && this.make());
		this.dialog.addEventListener("close", () => report.state.set(Object.fromEntries(PLACE_KEYS.map(key => [key, ""]))));
		this.dialog.addEventListener("click", event => event.target === this.dialog && this.dialog.close());
	}

	make() {
		const by = PLACE_KEYS.find(key => this.report.state.get(key));
		if (!by) {
			if (this.dialog.open)
				this.dialog.close();
			return;
		}
		const found = this.find(by, this.report.state.get(by));
		this.dialog.replaceChildren(...(found.length ? this.body(by, found) : this.nothing(by)));
		if (!this.dialog.open)
			this.dialog.showModal();
		this.dialog.scrollTop = 0;
	}

	places(by) {
		const {data} = this.report;
		return this.report.data.once(`places/${by}`, () => [...new Set(by === "thread" ? data.column.row_thread : data.column[BY[by].column])]);
	}

	// The place of that name, else those whose names end with it, whole components, the one that holds most first.
	find(by, text) {
		const {names} = this.report, all = this.places(by), end = "/" + text.replace(/^(\.?\/)+/, "");
		const exact = all.filter(place => names.place(place) === text);
		if (exact.length)
			return exact;
		const {place_function: func, place_kind: kind} = this.report.data.column;
		const near = all.filter(place => names.place(place).endsWith(end) ||
			by === "function" && kind[place] === PLACE_SYMBOL && (names.string(func[place]) === text || names.short(func[place]) === text));
		const groups = this.report.groups(by, this.report.state.get("own") === "1").index, size = place => (groups.get(place) || {cumulative: 0}).cumulative;
		return near.sort((a, b) => size(b) - size(a));
	}

	title(by, text) {
		return el("div", {class: "bar"}, el("h2", {id: "place-title"}, el("span", {class: "kind", text: BY[by].label}), " ", el("bdi", {text: visible(text.slice(0, 1000))})),
			el("button", {type: "button", class: "close", text: "Close", onclick: () => this.dialog.close()}));
	}

	nothing(by) {
		return [this.title(by, this.report.state.get(by)), el("p", {class: "about", text: `No ${by} of that name is in this snapshot.`})];
	}

	body(by, found) {
		const place = found[0], {names} = this.report;
		const parts = [this.title(by, names.place(place))];
		if (found.length > 1)
			parts.push(el("p", {class: "about", text: `${plural(found.length, "place")} end with that name; this one holds the most.`}));
		const rows = this.rowsOf(by, place);
		parts.push(this.numbers(rows), ...this.source(by, place), ...this.stacks(rows), ...this.extra(rows));
		return parts;
	}

	// Rows of stacks: self those that it allocated, all those that lead through it.
	rowsOf(by, place) {
		const {data} = this.report, {row_node: node, row_thread: thread, node_spot: spot, node_parent: parent} = data.column;
		const stacks = this.report.stacks(this.report.state.get("own") === "1"), self = [], all = [];
		const column = by === "thread" ? null : data.column[BY[by].column], through = new Uint8Array(data.nodes);
		for (let n = 1; column && n < data.nodes; n++)
			through[n] = through[parent[n]] || column[spot[n]] === place ? 1 : 0;
		for (let row = 0; row < data.rows; row++) {
			if (column ? through[node[row]] : thread[row] === place)
				all.push(row);
			if (column ? column[spot[stacks.top(node[row])]] === place : thread[row] === place)
				self.push(row);
		}
		return {self, all};
	}

	numbers({self, all}) {
		const {data, moment} = this.report, sum = (rows, values) => rows.reduce((total, row) => total + values[row], 0);
		const moments = data.now.moments.map((m, index) => index), shown = moments.length > MOMENTS_SHOWN
			? [...new Set([moment, data.now.moment, ...moments.slice(0, MOMENTS_SHOWN)])].slice(0, MOMENTS_SHOWN).sort((a, b) => a - b) : moments;
		const row = (name, size, count, through, old, chosen) => el("tr", {class: chosen ? "chosen" : false}, el("th", {scope: "row"}, el("bdi", {text: visible(name)})),
			el("td", {class: "number", text: sizeText(size)}), data.before && el("td", {class: "number " + (old === null ? "" : size > old ? "grew" : size < old ? "shrank" : "same"),
				text: old === null ? "" : sizeText(size - old, true)}),
			el("td", {class: "number", text: countText(count)}), el("td", {class: "number", text: sizeText(through)}));
		const rows = shown.map(at => row(data.now.moments[at].name, sum(self, data.live(0, "size", at)), sum(self, data.live(0, "count", at)),
			sum(all, data.live(0, "size", at)), data.before ? sum(self, data.live(1, "size", at)) : null, at === moment));
		rows.push(row("ever allocated", sum(self, data.column["total_size/0"]), sum(self, data.column["total_count/0"]), sum(all, data.column["total_size/0"]),
			data.before ? sum(self, data.column["total_size/1"]) : null, false));
		return el("div", {class: "scroller"}, el("table", {class: "compact"}, el("thead", {}, el("tr", {}, ["Moment", "Here", data.before && "Change", "Blocks", "With callees"].filter(Boolean).map((text, i) =>
			el("th", {scope: "col", class: i ? "number" : false, text})))), el("tbody", {}, rows)));
	}

	source(by, place) {
		const {data} = this.report, {place_kind: kind, place_name: name, place_line: line} = data.column;
		if (by !== "line" && by !== "file" || kind[place] !== PLACE_LINE || by === "line" && !line[place])
			return [];
		const head = el("h3", {text: "Source"});
		if (!data.sources)
			return [head, el("p", {class: "about", text: "The source is not in this page: memtrace report --source puts it here."})];
		const file = data.sources.find(one => one.file === name[place]);
		const lines = file ? file.lines.filter(([number]) => by === "file" || Math.abs(number - line[place]) <= 4) : [];
		if (!lines.length)
			return [head, el("p", {class: "about", text: "The file could not be read when this page was written."})];
		const groups = this.report.groups("line", this.report.state.get("own") === "1");
		const sizes = new Map(groups.all.filter(g => name[g.key] === name[place] && kind[g.key] === PLACE_LINE).map(g => [line[g.key], g]));
		const note = file.newer && el("p", {class: "about bad", text: "The file was changed after the program began: lines may have moved."});
		let last = 0;
		return [head, note, el("div", {class: "scroller"}, el("table", {class: "source"}, el("tbody", {}, lines.map(([number, text]) => {
			const group = sizes.get(number), gap = last && number > last + 1;
			last = number;
			return el("tr", {class: (by === "line" && number === line[place] ? "chosen " : "") + (gap ? "gap" : "")},
				el("td", {class: "number", text: group && group.size ? sizeText(group.size) : ""}),
				el("td", {class: "number dim", text: group && group.count ? countText(group.count) : ""}),
				el("td", {class: "number lineno", text: String(number)}), el("td", {}, el("code", {text: text.replace(/\t/g, "        ")})));
		}))))].filter(Boolean);
	}

	stacks({all}) {
		const {data, moment, state} = this.report, size = data.live(0, "size", moment), count = data.live(0, "count", moment);
		const stacks = this.report.stacks(state.get("own") === "1"), chains = this.report.chains(stacks), sums = new Map();
		for (const row of all) {
			if (!size[row] && !count[row])
				continue;
			const leaf = data.column.row_node[row], sum = sums.get(chains[leaf]) || {leaf, size: 0, count: 0};
			sum.size += size[row];
			sum.count += count[row];
			sums.set(chains[leaf], sum);
		}
		const best = [...sums.values()].sort((a, b) => b.size - a.size || b.count - a.count), name = visible(this.report.momentName());
		const head = el("h3", {text: best.length > STACKS_SHOWN ? `The ${STACKS_SHOWN} largest of ${countText(best.length)} stacks at ${name}` : `Stacks at ${name}`});
		if (!best.length)
			return [head, el("p", {class: "about", text: "Nothing that leads through here is live then."})];
		return [head, ...best.slice(0, STACKS_SHOWN).map((sum, i) => {
			const spots = stacks.walk(sum.leaf).map(n => data.column.node_spot[n]);
			return el("details", {class: "trace", open: i === 0}, el("summary", {}, el("span", {class: "number", text: sizeText(sum.size)}),
				el("span", {class: "number dim", text: plural(sum.count, "block")}), el("bdi", {class: "main", text: visible(this.report.names.frame(spots[0]).slice(0, 300))})),
				this.report.traceList(spots));
		})];
	}

	// What else the snapshot knows of these rows.
	extra({self}) {
		return this.report.histogram.of(self);
	}
}
