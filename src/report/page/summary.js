// SPDX-License-Identifier: GPL-3.0-or-later
// What the run came to, in a few numbers; what of it was lost, cut or has no name; who holds the most.

class Summary {
	constructor(report) {
		this.report = report;
		report.state.listen(["moment", "own"], () => this.make());
		byId("summary").hidden = false;
		this.title();
	}

	title() {
		const {snapshot, run} = this.report.data.now, before = this.report.data.before;
		const command = (run.command || []).join(" ");
		const name = visible((command || snapshot.file).slice(0, 300));
		document.title = `${visible((run.command || [])[0]?.split("/").pop() || snapshot.file)} – memtrace report`;
		byId("title").textContent = name;
		const parts = [`snapshot ${snapshot.file}`, run.pid && `pid ${run.pid}`, run.host && `on ${run.host}`,
			snapshot.taken_at && `taken ${snapshot.taken_at.replace("T", " ").replace("Z", " UTC")}`,
			run.started_ns && run.taken_ns > run.started_ns && !run.parts && `after ${secondsText((run.taken_ns - run.started_ns) / 1e9)}`,
			before && `compared with ${before.snapshot.file} at ${before.moments[before.moment].name}`];
		byId("subtitle").replaceChildren(...parts.filter(Boolean).flatMap((part, i) => [i ? " · " : "", el("bdi", {text: visible(part)})]));
	}

	make() {
		byId("cards").replaceChildren(...this.cards(), this.holders());
		byId("notes").replaceChildren(this.notes());
	}

	card(label, value, detail, change) {
		return el("div", {class: "card"}, el("h3", {}, el("bdi", {text: label})), el("p", {class: "figure", text: value}),
			change !== undefined && el("p", {class: change > 0 ? "grew" : change < 0 ? "shrank" : "same", text: `${sizeText(change, true)} since the base`}),
			detail && el("p", {class: "detail", text: detail}));
	}

	// Of the whole run, and of what filters let through where that is another thing.
	cards() {
		const {data, moment} = this.report, {snapshot, run, moments} = data.now, at = moments[moment], {sampled} = snapshot;
		// The moment that the snapshot's own sums are of.
		const standard = this.report.standardMoment;
		// An estimate, with how far it may be off.
		const about = (text, error) => sampled && error !== undefined ? `± ${sizeText(error)}, ${text}` : text;
		const total = this.report.groups("module", false).total, peak = snapshot.peak;
		const cards = [this.card(`Live at ${visible(this.report.momentName())}`, sizeText(total.size),
			about(plural(total.count, "block"), moment === standard && !this.report.filtered ? sampled?.current_error : undefined), data.before ? total.sizeDiff : undefined)];
		if (at.name === "peak")
			cards.push(this.card(`Live at ${visible(moments[standard].name)}`, sizeText(snapshot.current), about(plural(snapshot.current_count, "block"), sampled?.current_error)));
		else if (peak !== null)
			cards.push(this.card("Peak", sizeText(peak), about(plural(run.peak_count, "block"), sampled?.peak_error), data.before && data.before.snapshot.peak !== null
				? peak - data.before.snapshot.peak : undefined));
		cards.push(this.card("Allocated in all", sizeText(run.total_size), about(plural(run.total_count, "allocation"), sampled?.total_size_error),
			data.before ? run.total_size - data.before.run.total_size : undefined));
		if (at.rss)
			cards.push(this.card(`Resident at ${visible(at.name)}`, sizeText(at.rss), total.size && !this.report.filtered ? `the heap is ${shareText(at.size, at.rss)} of it` : ""));
		return cards;
	}

	holders() {
		const {report} = this, own = report.state.get("own") === "1", groups = report.groups("function", own);
		const best = groups.all.filter(g => g.size > 0).sort((a, b) => b.size - a.size).slice(0, 5);
		const most = best.length ? best[0].size : 1;
		return el("div", {class: "card holders"}, el("h3", {text: `Who holds most at ${visible(report.momentName())}`}),
			best.length ? el("ol", {}, best.map(g => {
				const bar = el("i", {class: "part", "aria-hidden": "true"}), parts = report.names.parts(g.key, "function");
				bar.style.width = `${100 * g.size / most}%`;
				return el("li", {}, bar, report.link("function", g.key, el("bdi", {class: "main", text: visible(parts.main.slice(0, 200))})),
					el("span", {class: "number", text: sizeText(g.size)}), el("span", {class: "number dim", text: shareText(g.size, groups.total.size)}));
			})) : el("p", {text: "Nothing is live then."}));
	}

	notes() {
		const good = [], bad = [];
		const {data} = this.report, {run, snapshot} = data.now;
		(run.complete ? good : bad).push(run.complete ? "Complete: nothing was lost." : "Incomplete: what follows was not recorded as it should.");
		bad.push(...(run.problems || []));
		if (snapshot.sampled)
			good.push(`Sampled: one block in ${sizeText(snapshot.sampled.interval)} was recorded. All numbers are estimates; ± is where they are in ${Math.round(100 * snapshot.sampled.confidence)} of 100 cases.`);
		if (run.events_lost)
			bad.push(`${plural(run.events_lost, "event")} of ${countText(run.events)} were lost.`);
		if (run.cut_stacks)
			bad.push(`${plural(run.cut_stacks, "stack")} deeper than ${run.frames_limit} frames ${run.cut_stacks === 1 ? "was" : "were"} cut: run --frames N keeps more.`);
		if (run.unknown_frees)
			good.push(`${plural(run.unknown_frees, "free")} of addresses that nobody was seen to allocate.`);
		if (data.before && !data.before.run.complete)
			bad.push("The base is incomplete.");
		for (const follow of run.follows || []) {
			if (follow.why)
				bad.push(`Process ${follow.pid} (${follow.program || "?"}) was not traced: ${follow.why}`);
		}
		const unnamed = this.unnamed();
		if (unnamed)
			(unnamed.share >= 0.01 ? bad : good).push(unnamed.text);
		if (data.rounded)
			bad.push("Some numbers are over 2^53 and are rounded here: memtrace top has them exactly.");
		if (this.report.filtered)
			good.push(`Only a part of the snapshot is in this page: ${this.report.filtered}.`);
		if (snapshot.peak === null)
			good.push("The snapshot does not know its peak.");
		const item = text => el("li", {}, el("bdi", {text: visible(text.slice(0, 1000))}));
		return el("ul", {class: "notes"}, bad.map(text => Object.assign(item(text), {className: "bad"})), good.map(item));
	}

	// Bytes whose most recent frame has neither function nor line, and why.
	unnamed() {
		const {data, moment} = this.report, {row_node: node, node_spot: spot, spot_flags: flags, spot_module: module} = data.column;
		const size = data.live(0, "size", moment), modules = new Map();
		let sum = 0, all = 0;
		for (let row = 0; row < data.rows; row++) {
			all += size[row];
			if (!(flags[spot[node[row]]] & SPOT_UNNAMED) || !size[row])
				continue;
			sum += size[row];
			const place = module[spot[node[row]]];
			modules.set(place, (modules.get(place) || 0) + size[row]);
		}
		if (!sum)
			return null;
		const why = new Map(data.now.modules.map(m => [m.path, m.why]));
		const worst = [...modules].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([place]) => {
			const path = this.report.names.place(place);
			return why.get(path) ? `${path} (${why.get(path)})` : path;
		});
		return {share: sum / all, text: `${sizeText(sum)}, ${shareText(sum, all)} of what is live, were allocated where no function is known: ${worst.join("; ")}.`};
	}
}
