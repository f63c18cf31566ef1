// SPDX-License-Identifier: GPL-3.0-or-later
// The heap and the resident memory over the time of the run, with the moments on it. It is drawn from the snapshot's timeline,
// of a snapshot without one from its moments. Moments are buttons too: they choose what the rest of the page shows.

const PLOT = {height: 240, left: 74, right: 16, top: 26, bottom: 30}, POINTS_MOST = 1500, CHIPS_MOST = 24, MARKS_MOST = 120, EVERY = /^every-\d+$/;

class Timeline {
	constructor(report) {
		this.report = report;
		this.moments = report.data.now.moments.map((m, index) => ({...m, index}));
		this.points = this.read();
		report.state.listen(["moment"], () => this.make());
		byId("timeline").hidden = false;
		new ResizeObserver(() => this.draw()).observe(byId("timeline-body"));
	}

	// [{time, size, count, rss}] in the order of time; rss 0 is unknown. Of a timeline the highest size since the point before.
	read() {
		const {column, now} = this.report.data, time = column["timeline_time/0"];
		this.sampled = Boolean(time && time.length > 1);
		if (!this.sampled)
			return this.moments.filter(m => m.time_ns).map(m => ({time: m.time_ns, size: m.size, count: m.count, rss: m.rss || 0}))
				.sort((a, b) => a.time - b.time);
		const high = column["timeline_high/0"], count = column["timeline_count/0"], rss = column["timeline_rss/0"];
		const step = Math.max(1, Math.ceil(time.length / POINTS_MOST)), points = [];
		for (let i = 0; i < time.length; i += step) {
			let best = i;
			for (let k = i; k < Math.min(i + step, time.length); k++)
				best = high[k] > high[best] ? k : best;
			points.push({time: now.timeline_from + time[best], size: high[best], count: count[best], rss: rss[best]});
		}
		this.markPeak(points);
		return points;
	}

	// The snapshot does not say when the peak was; its timeline does.
	markPeak(points) {
		const peak = this.moments.find(m => m.name === "peak" && !m.time_ns), highest = points.reduce((a, b) => b.size > a.size ? b : a);
		if (peak && highest.size <= peak.size * 1.001)
			peak.time_ns = highest.time;
	}

	make() {
		const plain = this.moments.filter(m => !EVERY.test(m.name)).slice(0, CHIPS_MOST);
		const chips = plain.concat(this.moments.filter(m => m.index === this.report.moment && !plain.includes(m))).map(m => el("button", {type: "button", "aria-pressed": String(m.index === this.report.moment),
			onclick: () => this.report.state.set({moment: this.report.momentKey(m.index)})}, el("bdi", {class: "main", text: visible(m.name)}),
			el("span", {text: sizeText(m.size)})));
		const why = this.points.length < 2 ? "The snapshot keeps no timeline and fewer than two moments with a time: run --snapshot-at every:1s keeps more."
			: this.sampled ? "" : "The snapshot keeps no timeline: the line goes straight from moment to moment.";
		this.plot = el("div", {class: "plot"});
		byId("timeline-body").replaceChildren(this.plot, el("p", {class: "readout", "aria-hidden": "true"}),
			el("div", {class: "chips", role: "group", "aria-label": "Moments"}, chips), ...[why && el("p", {class: "about", text: why}), residentTable(this.moments[this.report.moment])].flat().filter(Boolean), this.listing());
		this.draw();
	}

	// The same for who cannot see the plot. Made when it is opened: a long run has thousands.
	listing() {
		const details = el("details", {}, el("summary", {text: `${plural(this.moments.length, "moment")} as a table`}));
		details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(this.table()));
		return details;
	}

	table() {
		const rows = this.moments.map(m => el("tr", {}, el("th", {scope: "row"}, el("bdi", {text: visible(m.name)})),
			el("td", {class: "number", text: m.time_ns && this.points.length ? secondsText(Math.max(0, (m.time_ns - this.begin()) / 1e9)) : "–"}),
			el("td", {class: "number", text: sizeText(m.size)}), el("td", {class: "number", text: countText(m.count)}),
			el("td", {class: "number", text: m.rss ? sizeText(m.rss) : "–"})));
		return el("div", {class: "scroller"}, el("table", {}, el("thead", {}, el("tr", {}, ["Moment", "Time", "Heap", "Blocks", "Resident"].map((text, i) =>
			el("th", {scope: "col", class: i ? "number" : false, text})))), el("tbody", {}, rows)));
	}

	begin() {
		const started = this.report.data.now.run.started_ns, first = this.points[0].time;
		return started && started <= first ? started : first;
	}

	draw() {
		if (!this.plot || this.points.length < 2)
			return;
		const width = Math.max(280, this.plot.clientWidth), {height, left, right, top, bottom} = PLOT;
		const begin = this.begin(), end = Math.max(this.points[this.points.length - 1].time, ...this.moments.map(m => m.time_ns || 0), begin + 1);
		const high = Math.max(...this.points.map(p => Math.max(p.size, p.rss)), ...this.moments.map(m => m.size), 1) * 1.06;
		this.x = time => left + (width - left - right) * (time - begin) / (end - begin);
		this.y = size => height - bottom - (height - top - bottom) * size / high;
		const from = this.points[0].time > begin ? [{time: begin, size: 0, rss: 0}] : [], points = [...from, ...this.points];
		const line = points.map(p => `${this.x(p.time).toFixed(1)},${this.y(p.size).toFixed(1)}`).join("L");
		const rss = this.points.filter(p => p.rss).map(p => `${this.x(p.time).toFixed(1)},${this.y(p.rss).toFixed(1)}`).join("L");
		this.cursor = svg("line", {class: "cursor", y1: top, y2: height - bottom, x1: -9, x2: -9});
		this.plot.replaceChildren(svg("svg", {width, height, role: "img", "aria-label": this.words()}, this.axes(width, high, (end - begin) / 1e9),
			svg("path", {class: "heap-area", d: `M${line}L${this.x(points[points.length - 1].time)},${this.y(0)}L${this.x(points[0].time)},${this.y(0)}Z`}),
			svg("path", {class: "heap", d: `M${line}`}), rss.includes("L") && svg("path", {class: "rss", d: `M${rss}`}), this.marks(width), this.cursor));
		this.plot.append(el("p", {class: "legend"}, el("span", {class: "key"}, el("i", {class: "swatch heap"}), "heap"),
			rss.includes("L") && el("span", {class: "key"}, el("i", {class: "swatch rss"}), "resident (RSS)")));
		this.plot.onmousemove = event => this.hover(event);
		this.plot.onmouseleave = () => this.hover(null);
	}

	words() {
		const highest = this.points.reduce((a, b) => b.size > a.size ? b : a), last = this.points[this.points.length - 1];
		return `Heap over time: at most ${sizeText(highest.size)} after ${secondsText((highest.time - this.begin()) / 1e9)}, ${sizeText(last.size)} at the end.`;
	}

	axes(width, high, seconds) {
		const {height, left, right, top, bottom} = PLOT, parts = [];
		for (const value of ticks(high, 5, 1024)) {
			parts.push(svg("line", {class: "grid", x1: left, x2: width - right, y1: this.y(value), y2: this.y(value)}),
				svg("text", {class: "tick", x: left - 8, y: this.y(value) + 4, "text-anchor": "end", text: sizeText(value)}));
		}
		for (const value of ticks(seconds, Math.max(2, Math.floor(width / 140)), 10)) {
			const x = left + (width - left - right) * value / seconds;
			parts.push(svg("text", {class: "tick", x: Math.min(x, width - 24), y: height - bottom + 18, "text-anchor": "middle", text: secondsText(value)}));
		}
		parts.push(svg("line", {class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}));
		return svg("g", {"aria-hidden": "true"}, parts);
	}

	// A line for each moment, of very many for those with a name; names where there is room.
	marks(width) {
		const {height, top, bottom} = PLOT, chosen = this.report.moment;
		// The chosen one's name has its place before all others.
		const span = m => {
			const half = visible(m.name.slice(0, 24)).length * 3.4 + 4, at = Math.max(PLOT.left + half - 6, Math.min(this.x(m.time_ns), width - half));
			return {at, from: at - half, to: at + half};
		};
		const own = this.moments[chosen].time_ns ? span(this.moments[chosen]) : null;
		let free = -1e9;
		const timed = this.moments.filter(m => m.time_ns), named = timed.filter(m => !EVERY.test(m.name) || m.index === chosen);
		const marks = (timed.length > MARKS_MOST ? named.slice(0, MARKS_MOST) : timed).sort((a, b) => a.time_ns - b.time_ns).map(m => {
			const x = this.x(m.time_ns), name = visible(m.name.slice(0, 24)), {at, from, to} = span(m);
			const room = m.index === chosen || from > free && !(own && to > own.from && from < own.to);
			if (room)
				free = Math.max(free, to);
			return svg("g", {class: m.index === chosen ? "mark chosen" : "mark", onclick: () => this.report.state.set({moment: this.report.momentKey(m.index)})},
				svg("line", {x1: x, x2: x, y1: top - 6, y2: height - bottom}), svg("circle", {cx: x, cy: this.y(m.size), r: 3.5}),
				svg("rect", {class: "target", x: x - 6, y: 0, width: 12, height: height - bottom}),
				room && svg("text", {x: at, y: top - 11, "text-anchor": "middle", text: name}));
		});
		return svg("g", {"aria-hidden": "true"}, marks);
	}

	hover(event) {
		const readout = byId("timeline-body").querySelector(".readout"), area = this.plot.getBoundingClientRect();
		if (!event) {
			this.cursor.setAttribute("transform", "translate(-99 0)");
			readout.textContent = "";
			return;
		}
		const x = event.clientX - area.left;
		const near = this.points.reduce((a, b) => Math.abs(this.x(b.time) - x) < Math.abs(this.x(a.time) - x) ? b : a);
		this.cursor.setAttribute("transform", `translate(${this.x(near.time) + 9} 0)`);
		readout.textContent = `${secondsText((near.time - this.begin()) / 1e9)}: heap ${sizeText(near.size)} in ${plural(near.count, "block")}`
			+ (near.rss ? `, resident ${sizeText(near.rss)}` : "");
	}
}

// Round numbers up to MOST, about N of them, in steps of 1, 2 or 5 times a power of BASE.
function ticks(most, n, base) {
	let unit = 1;
	while (unit * base <= most / n)
		unit *= base;
	while (base === 10 && unit > most / n)
		unit /= 10;
	const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map(k => k * unit).find(k => most / k <= n) || most;
	const all = [];
	for (let value = base === 10 ? 0 : step; value <= most; value += step)
		all.push(Number(value.toPrecision(12)));
	return all;
}
