// SPDX-License-Identifier: GPL-3.0-or-later
// The flame graph as a part of the page: zoom, search, invert, by mouse, by finger and by keys. What the canvas shows is said
// by a line below it, which screen readers read out as the frame in focus changes.

class Flame {
	constructor(report) {
		this.report = report;
		this.state = report.state;
		this.canvas = byId("flame-canvas");
		this.drawing = new Drawing(this.canvas, report);
		this.root = this.selected = 0;
		this.hovered = -1;
		this.listen();
		byId("flame").hidden = false;
		new ResizeObserver(() => this.draw()).observe(byId("flame-box"));
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
	}

	listen() {
		const {canvas, state} = this;
		state.listen(["moment", "weight", "own", "invert"], () => this.make());
		state.listen(["search"], () => this.search());
		byId("invert").addEventListener("change", event => state.set({invert: event.target.checked ? "1" : ""}));
		byId("search").addEventListener("input", event => state.set({search: event.target.value}));
		byId("search").addEventListener("keydown", event => event.key === "Enter" && (event.preventDefault(), this.nextMatch()));
		byId("unzoom").addEventListener("click", () => this.zoom(0));
		byId("flame-details").addEventListener("click", () => this.details(this.selected));
		canvas.addEventListener("mousemove", event => this.hover(event));
		canvas.addEventListener("mouseleave", () => this.leave());
		canvas.addEventListener("click", event => this.click(event));
		canvas.addEventListener("keydown", event => this.key(event));
		canvas.addEventListener("focus", () => (this.select(this.selected), this.draw()));
	}

	make() {
		const state = this.state, {moment} = this.report;
		byId("invert").checked = state.get("invert") === "1";
		this.tree = new FlameTree(this.report, {weight: state.get("weight"), moment,
			own: state.get("own") === "1", invert: state.get("invert") === "1"});
		this.root = this.selected = 0;
		this.about();
		this.search();
	}

	about() {
		const {tree, report} = this, weight = this.state.get("weight");
		const what = WEIGHTS[weight].label.toLowerCase() + (WEIGHTS[weight].moment ? ` at ${visible(report.momentName())}` : "");
		const parts = [`Width is ${what}: ${weightText(weight, tree.value[0])} in all.`,
			this.state.get("invert") ? "At the top who allocates, below the callers." : "Callers above, what they call below."];
		if (tree.old)
			parts[0] = `Width is the larger of before and now, of ${what}: ${weightText(weight, tree.before[0])} before, ${weightText(weight, tree.value[0])} now.`;
		if (tree.cut)
			parts.push(`${plural(tree.cut, "deep stack")} cut here: they are whole upright.`);
		byId("flame-about").textContent = parts.join(" ");
		this.legend();
	}

	legend() {
		const {tree, drawing, report} = this, items = [];
		const swatch = (colour, text) => {
			const box = el("i", {class: "swatch", "aria-hidden": "true"});
			box.style.background = colour;
			return el("span", {class: "key"}, box, el("bdi", {text: visible(text)}));
		};
		const dark = drawing.dark();
		if (tree.old) {
			items.push(swatch(drawing.differenceColour(1, dark), "+ grew"), swatch(drawing.differenceColour(0, dark), "the same"),
				swatch(drawing.differenceColour(-1, dark), "− shrank"));
		} else {
			for (const place of drawing.modules.slice(0, HUES.length))
				items.push(swatch(drawing.moduleColour(place, dark, 0), report.names.parts(place, "module").main));
		}
		byId("legend").replaceChildren(...items);
	}

	search() {
		const text = this.state.get("search").toLowerCase(), {tree, report} = this;
		if (byId("search").value !== this.state.get("search"))
			byId("search").value = this.state.get("search");
		this.matches = null;
		if (text) {
			const known = new Map(), matched = spot => {
				if (!known.has(spot))
					known.set(spot, (report.names.fullFrame(spot) + "\n" + report.names.where(spot)).toLowerCase().includes(text));
				return known.get(spot);
			};
			this.matches = new Uint8Array(tree.parent.length);
			for (let id = 1; id < tree.parent.length; id++)
				this.matches[id] = matched(tree.spot[id]) ? 1 : 0;
			this.sayMatches();
		} else if (this.searched) {
			this.say("");
		}
		this.searched = Boolean(text);
		this.draw();
	}

	// A frame below one that matches is in that one's sum already.
	sayMatches() {
		const {tree, matches} = this, inside = new Uint8Array(tree.parent.length);
		let sum = 0, n = 0;
		for (let id = 1; id < tree.parent.length; id++) {
			inside[id] = matches[id] | inside[tree.parent[id]];
			n += matches[id];
			if (matches[id] && !inside[tree.parent[id]])
				sum += tree.value[id];
		}
		this.say(n ? `${plural(n, "frame")} ${n === 1 ? "matches" : "match"}: ${weightText(this.state.get("weight"), sum)}, ${shareText(sum, tree.value[0])} of all. Enter goes from one to the next.`
			: "No frame matches.");
	}

	// The widest first, then the next.
	nextMatch() {
		if (!this.matches)
			return;
		const found = [];
		this.matches.forEach((hit, id) => hit && found.push(id));
		found.sort((a, b) => this.tree.width[b] - this.tree.width[a] || a - b);
		if (!found.length)
			return;
		const next = found[(found.indexOf(this.selected) + 1) % found.length];
		if (!this.drawing.boxOf.has(next))
			this.zoom(this.tree.parent[next]);
		this.select(next);
	}

	draw() {
		if (!this.tree)
			return;
		this.drawing.draw(this.tree, this.root, {matches: this.matches, hovered: this.hovered,
			selected: document.activeElement === this.canvas || this.selected ? this.selected : -1});
		byId("unzoom").disabled = this.root === 0;
		byId("flame-details").disabled = this.selected === 0;
		this.crumbs();
	}

	crumbs() {
		const path = this.root ? this.tree.path(this.root) : [];
		const shown = path.length > 7 ? [path[0], -1, ...path.slice(-5)] : path;
		byId("crumbs").replaceChildren(...shown.map(id => el("li", {}, id < 0 ? "…" :
			el("button", {type: "button", text: visible(this.tree.name(id).slice(0, 80)), onclick: () => this.zoom(id),
				"aria-current": id === this.root ? "true" : false}))));
	}

	zoom(id) {
		this.root = this.selected = id;
		this.draw();
		this.say(`Zoomed to ${this.describe(id)}`);
	}

	select(id) {
		this.selected = id;
		this.draw();
		const box = this.drawing.boxOf.get(id), scroller = byId("flame-box");
		if (box && (box.y < scroller.scrollTop || box.y + ROW > scroller.scrollTop + scroller.clientHeight))
			scroller.scrollTop = box.y - scroller.clientHeight / 2;
		this.say(this.describe(id));
	}

	say(text) {
		byId("flame-live").textContent = text;
	}

	// "name, 12.0 MiB, 34.5 % of all, src/a.c:12".
	describe(id) {
		const {tree} = this, weight = this.state.get("weight"), spot = tree.spot[id];
		const parts = [visible(tree.name(id)), weightText(weight, tree.value[id]), shareText(tree.value[id], tree.value[0]) + " of all"];
		if (tree.old)
			parts.splice(1, 2, `${weightText(weight, tree.before[id])} before, ${weightText(weight, tree.value[id])} now, ${weightText(weight, tree.value[id] - tree.before[id], true)}`);
		if (id && tree.self[id])
			parts.push(`${weightText(weight, tree.self[id])} of it ${this.state.get("invert") ? "from outermost frames" : "its own"}`);
		if (id)
			parts.push(visible(this.report.names.where(spot)));
		return parts.join(", ");
	}

	box(event) {
		const area = this.canvas.getBoundingClientRect();
		return this.drawing.at(event.clientX - area.left, event.clientY - area.top);
	}

	hover(event) {
		const box = this.box(event), id = box ? box.id : -1;
		if (id !== this.hovered) {
			this.hovered = id;
			this.draw();
		}
		this.canvas.style.cursor = box ? "pointer" : "default";
		if (box)
			showTip(event, this.tip(box.id));
		else
			hideTip();
	}

	tip(id) {
		const {tree} = this, full = id ? this.report.names.fullFrame(tree.spot[id]) : "all";
		return [el("strong", {}, el("bdi", {text: visible(full.slice(0, 300))})), ...this.describe(id).split(", ").slice(1)
			.map(text => el("div", {}, el("bdi", {text: text.slice(0, 300)})))];
	}

	leave() {
		this.hovered = -1;
		hideTip();
		this.draw();
	}

	click(event) {
		const box = this.box(event);
		if (!box)
			return;
		hideTip();
		if (event.detail > 1 || event.ctrlKey || event.metaKey)
			this.details(box.id);
		else
			this.zoom(box.id === this.root && box.id ? this.tree.parent[box.id] : box.id);
	}

	details(id) {
		if (id)
			this.report.openPlace("function", this.report.data.column.spot_function[this.tree.spot[id]]);
	}

	key(event) {
		const {tree, selected} = this, siblings = selected === this.root ? [] : [...tree.children(tree.parent[selected])];
		const at = siblings.indexOf(selected), seen = id => this.drawing.boxOf.has(id);
		const to = id => id !== undefined && seen(id) && this.select(id);
		const acts = {
			ArrowDown: () => to(tree.children(selected)[0]),
			ArrowUp: () => (selected === this.root ? selected && this.zoom(tree.parent[selected]) : to(tree.parent[selected])),
			ArrowRight: () => to(siblings[at + 1]),
			ArrowLeft: () => to(siblings[at - 1]),
			Enter: () => this.zoom(selected),
			Backspace: () => this.zoom(tree.parent[this.root]),
			Escape: () => this.zoom(0),
			Home: () => this.select(this.root),
			d: () => this.details(selected),
		};
		const act = !event.ctrlKey && !event.metaKey && !event.altKey && acts[event.key];
		if (!act)
			return;
		event.preventDefault();
		event.stopPropagation();
		act();
	}
}

function showTip(event, children) {
	const tip = byId("tip");
	tip.replaceChildren(...children);
	tip.hidden = false;
	const {width, height} = tip.getBoundingClientRect();
	tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
	tip.style.top = `${event.clientY + 18 + height > innerHeight ? Math.max(4, event.clientY - height - 12) : event.clientY + 18}px`;
}

function hideTip() {
	byId("tip").hidden = true;
}
