// SPDX-License-Identifier: GPL-3.0-or-later
// The run itself: how it was started and ended, its threads, modules and what followed.

class Run {
	constructor(report) {
		this.report = report;
		const {run, modules, threads, moments} = report.data.now;
		byId("run-body").replaceChildren(this.facts(run), modules.length ? this.modules(modules) : "",
			threads.length ? this.list(plural(threads.length, "thread"), threads.map(t => `${t.tid} ${t.name || ""}`)) : "",
			(run.follows || []).length ? this.list(`What followed: ${plural(run.follows.length, "process or image").replace("images", "images")}`,
				run.follows.map(f => `pid ${f.pid}, image ${f.image}: ${f.program || "?"} ${f.why ? `– not traced: ${f.why}` : f.file ? `– ${f.file}` : ""}`)) : "",
			(run.parts || []).length ? this.list(`Merged from ${plural(run.parts.length, "snapshot")}`, run.parts.map(p => `${p.file}: ${sizeText(p.current)} ${p.command || ""}`)) : "",
			moments.length ? "" : el("p", {text: "It has no moment."}));
		byId("run").hidden = false;
	}

	facts(run) {
		const end = !run.ended ? "none yet: taken while it ran" : run.exit_signal ? `killed by signal ${run.exit_signal}`
			: run.exit_code !== null ? `exit status ${run.exit_code}` : "unknown";
		const facts = [["Command", (run.command || []).join(" ")], ["Executable", run.executable], ["Directory", run.directory], ["Host", run.host],
			["Process", run.pid && `pid ${run.pid}, parent ${run.parent_pid ?? "?"}, image ${run.image}`], ["End", end],
			["Recorded", [run.version && `by memtrace ${run.version}`, run.frames_limit && `at most ${run.frames_limit} frames a stack`].filter(Boolean).join(", ")],
			["Events", `${countText(run.events)}, ${countText(run.events_lost)} lost`],
			["Memory of the tracer", run.tracer_memory && `${sizeText(run.tracer_memory)} added to the program`]];
		return el("dl", {class: "facts"}, facts.filter(([, text]) => text).map(([name, text]) => [el("dt", {text: name}),
			el("dd", {}, el("bdi", {text: visible(String(text).slice(0, 4000))}))]));
	}

	modules(modules) {
		const words = {none: "no names", symtab: "functions", dwarf: "functions and lines"};
		const table = new Table({rows: [...modules], caption: "Modules", sort: {key: "path", order: "ascending"}, columns: [
			{key: "path", label: "Module", head: true, value: m => m.path, cell: m => el("bdi", {text: visible(m.path.slice(0, 400))})},
			{key: "names", label: "Names", value: m => m.names, text: m => m.names === "none" && !m.why ? "not needed" : words[m.names]},
			{key: "why", label: "Why no more", value: m => m.why || "", cell: m => el("bdi", {text: visible((m.why || "").slice(0, 400))})},
			{key: "build", label: "Build-id", value: m => m.build_id || "", cell: m => el("code", {text: (m.build_id || "").slice(0, 12), title: m.build_id || false})}]});
		return el("details", {}, el("summary", {text: plural(modules.length, "module")}), table.node);
	}

	list(title, lines) {
		return el("details", {}, el("summary", {text: title}), el("ul", {class: "plain"}, lines.slice(0, 1000).map(text =>
			el("li", {}, el("bdi", {text: visible(text.slice(0, 500))})))));
	}
}
