// SPDX-License-Identifier: GPL-3.0-or-later
// Brings the parts together.

class Report {
	constructor(data) {
		this.data = data;
		this.names = new Names(data);
		this.state = new State();
		this.weights = Object.keys(WEIGHTS).filter(weight => WEIGHTS[weight].moment || data.column[`${weight}/0`]);
		this.filtered = filterText(data);
		this.state.standard.moment = this.momentKey(data.now.moment);
		this.state.standard.own = data.hide_std ? "1" : "";
		this.toolbar();
	}

	// The parts read the state as the address has it, then draw once.
	start() {
		this.histogram = new Histogram(this);
		this.summary = new Summary(this);
		this.timeline = new Timeline(this);
		this.flame = new Flame(this);
		this.tables = new Tables(this);
		this.place = new Place(this);
		this.run = new Run(this);
		this.keys = new Keys(this);
		this.state.start();
	}

	// Two moments may have one name: then the number tells.
	momentKey(index) {
		const moments = this.data.now.moments, {name} = moments[index];
		return moments.findIndex(m => m.name === name) === index ? name : `#${index}`;
	}

	get moment() {
		const key = this.state.get("moment"), found = this.data.now.moments.findIndex((_, index) => this.momentKey(index) === key);
		return found < 0 ? this.data.now.moment : found;
	}

	// The moment that the snapshot's own sums are of.
	get standardMoment() {
		const {moments} = this.data.now;
		return ["now", "exit"].map(name => moments.findIndex(m => m.name === name)).find(index => index >= 0) ?? 0;
	}

	momentName() {
		return this.data.now.moments[this.moment].name;
	}

	stacks(own) {
		return this.data.once(`stacks/${own}`, () => new Stacks(this.data, own));
	}

	groups(by, own) {
		const key = `groups/${by}/${own}`, kept = this.data.kept.get(key);
		if (kept && kept.moment === this.moment)
			return kept;
		const groups = new Groups(this, by, own, this.moment);
		this.data.kept.set(key, groups);
		return groups;
	}

	// For each node, as the end of a stack, the number of its traceback: stacks of equal lines have the same.
	chains(stacks) {
		return this.data.once(`chains/${stacks.own}`, () => {
			const {node_parent: parent, node_spot: spot, spot_line: line} = this.data.column;
			const pairs = new Pairs(), chains = new Int32Array(this.data.nodes);
			pairs.add(-1, -1);
			for (let n = 1; n < chains.length; n++)
				chains[n] = stacks.hides(n, n) ? chains[parent[n]] : pairs.add(chains[parent[n]], line[spot[n]]);
			for (let n = 1; stacks.own && n < chains.length; n++) {
				if (!stacks.sees[n])
					chains[n] = stacks.walk(n).reverse().reduce((chain, at) => pairs.add(chain, line[spot[at]]), 0);
			}
			return chains;
		});
	}

	placeLink(by, key) {
		return new URLSearchParams({[by]: this.names.place(key)}).toString().replace(/%2F/g, "/").replace(/%3A/g, ":");
	}

	openPlace(by, key) {
		const closed = Object.fromEntries(PLACE_KEYS.map(one => [one, ""]));
		this.state.set({...closed, [by]: this.names.place(key)}, true);
	}

	link(by, key, ...children) {
		return el("a", {href: "#" + this.placeLink(by, key), class: "name", title: visible(this.names.place(key).slice(0, 1000)), onclick: event => {
			if (event.ctrlKey || event.metaKey || event.shiftKey)
				return;
			event.preventDefault();
			this.openPlace(by, key);
		}}, ...children);
	}

	// A stack, most recent call first.
	traceList(spots) {
		const {spot_line: line, spot_flags: flags} = this.data.column;
		return el("ol", {class: "frames"}, spots.map(spot => el("li", {}, el("bdi", {class: "main", text: visible(this.names.frame(spot).slice(0, 300)),
			title: visible(this.names.fullFrame(spot).slice(0, 1000))}), flags[spot] & SPOT_INLINED ? el("span", {class: "dim", text: " inlined"}) : "",
			this.link("line", line[spot], el("bdi", {class: "rest", text: visible(this.names.where(spot).slice(0, 400))})))));
	}

	toolbar() {
		const {state, data} = this;
		byId("moment").append(...data.now.moments.map((m, index) => el("option", {value: this.momentKey(index), text: `${visible(m.name)} – ${sizeText(m.size)}`})));
		byId("weight").append(...this.weights.map(weight => el("option", {value: weight, text: WEIGHTS[weight].label})));
		byId("moment").addEventListener("change", event => state.set({moment: event.target.value}));
		byId("weight").addEventListener("change", event => state.set({weight: event.target.value}));
		byId("own").addEventListener("change", event => state.set({own: event.target.checked ? "1" : ""}));
		byId("toolbar").addEventListener("submit", event => event.preventDefault());
		state.listen(["moment", "weight", "own"], () => {
			if (!this.weights.includes(state.get("weight")))
				state.values.weight = "size";
			byId("moment").value = this.momentKey(this.moment);
			byId("weight").value = state.get("weight");
			byId("own").checked = state.get("own") === "1";
		});
	}
}

// The filters that memtrace report was given, in words.
function filterText(data) {
	const words = data.filters.map(f => `--${f.inclusive ? "" : "ex"}${f.pattern === null ? f.inclusive ? "domain" : "clude-domain" : f.inclusive ? "include" : "clude"} `
		+ (f.pattern === null ? f.domain : f.pattern + (f.lineno === null ? "" : `:${f.lineno}`)) + (f.all_frames ? " in all frames" : ""));
	if (data.only_domain !== null)
		words.push(`--only-domain ${data.only_domain}`);
	return words.join(", ");
}

async function start() {
	const began = performance.now();
	try {
		if (!window.DecompressionStream)
			throw new Error("this browser has no DecompressionStream: use one of 2023 or later");
		const data = new Data(await unpack(byId("data").textContent));
		byId("wait").remove();
		window.report = new Report(data);
		window.report.start();
		document.documentElement.dataset.ready = (performance.now() - began).toFixed(0);
	} catch (error) {
		const said = byId("wait") || byId("main").appendChild(el("p", {id: "wait", role: "alert"}));
		said.textContent = `The page could not be drawn: ${error.message}`;
		throw error;
	}
}

start();
