// SPDX-License-Identifier: GPL-3.0-or-later
// Keys that work everywhere but in fields, and the list of them.

const KEYS = [["/", "search the flame graph"], ["f", "filter the table"], ["1 … 6", "table by line, file, function, module, traceback, thread"],
	["m, M", "next, previous moment"], ["w", "next weight"], ["i", "invert the flame graph"], ["o", "own code only"], ["r", "reset the zoom"],
	["g", "go to the flame graph: then ← ↑ → ↓ move, Enter zooms, Backspace goes back, D shows details"], ["?", "this list"]];

class Keys {
	constructor(report) {
		this.report = report;
		this.dialog = byId("keys");
		this.dialog.append(el("div", {class: "bar"}, el("h2", {id: "keys-title", text: "Keys"}),
			el("button", {type: "button", class: "close", text: "Close", onclick: () => this.dialog.close()})),
			el("dl", {class: "facts"}, KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {text: key})), el("dd", {text: what})])));
		byId("help").addEventListener("click", () => this.dialog.showModal());
		document.addEventListener("keydown", event => this.key(event));
	}

	key(event) {
		const field = event.target.closest("input, select, textarea, dialog");
		if (event.key === "Escape" && event.target.matches?.("input[type=search]"))
			event.target.blur();
		if (field && field.type !== "checkbox" || event.ctrlKey || event.metaKey || event.altKey)
			return;
		const act = this.acts()[event.key];
		if (!act)
			return;
		event.preventDefault();
		act();
	}

	acts() {
		const {report} = this, {state} = report, toggle = key => () => state.set({[key]: state.get(key) ? "" : "1"});
		const turn = step => () => {
			const n = report.data.now.moments.length;
			state.set({moment: report.momentKey((report.moment + step + n) % n)});
		};
		const focus = id => () => (byId(id).scrollIntoView({block: "center"}), byId(id).focus({preventScroll: true}));
		const acts = {"/": focus("search"), f: focus("filter"), m: turn(1), M: turn(-1), i: toggle("invert"), o: toggle("own"), r: () => report.flame.zoom(0),
			g: focus("flame-canvas"), "?": () => this.dialog.showModal(), w: () => {
				const all = report.weights;
				state.set({weight: all[(all.indexOf(state.get("weight")) + 1) % all.length]});
			}};
		Object.keys(BY).forEach((by, i) => (acts[i + 1] = () => state.set({by, sort: ""})));
		return acts;
	}
}
