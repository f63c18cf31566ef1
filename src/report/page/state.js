// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown, all of which stands behind the # of the address, so that any view can be kept and sent:
//
//   #line=src/a.c:12        also file, function, module, thread: opens its details
//   moment, weight, own, invert, search, by, filter, sort
//
// Listeners are told which keys have changed.

const DEFAULTS = {moment: "", weight: "size", own: "", invert: "", search: "", by: "line", filter: "", sort: "",
	line: "", file: "", function: "", module: "", thread: ""};

class State {
	constructor() {
		this.values = {...DEFAULTS};
		this.standard = {...DEFAULTS};
		this.listeners = [];
		window.addEventListener("hashchange", () => this.read());
	}

	get(key) {
		return this.values[key];
	}

	listen(keys, act) {
		this.listeners.push({keys, act});
	}

	set(changes, push) {
		this.apply({...this.values, ...changes});
		const text = "#" + this.text();
		if (text === location.hash || text === "#" && !location.hash)
			return;
		if (push)
			history.pushState(null, "", text);
		else
			history.replaceState(null, "", text);
	}

	apply(values) {
		const changed = Object.keys(values).filter(key => values[key] !== this.values[key]);
		this.values = values;
		for (const {keys, act} of this.listeners) {
			if (keys.some(key => changed.includes(key)))
				act(changed);
		}
	}

	text() {
		const keep = text => encodeURIComponent(text).replace(/%(2F|3A|40|2C|28|29|20)/g, c =>
			c === "%20" ? "+" : decodeURIComponent(c));
		return Object.keys(DEFAULTS).filter(key => this.values[key] !== this.standard[key])
			.map(key => `${key}=${keep(this.values[key])}`).join("&");
	}

	// Takes what the address says. A part of the page ("#tables") is no state.
	read() {
		const text = location.hash.slice(1);
		if (!text || text.includes("=")) {
			this.apply(this.parse(text));
			return;
		}
		const part = byId(text);
		if (part && part.tabIndex === -1)
			part.focus({preventScroll: true});
	}

	// All listeners are told, once.
	start() {
		const values = this.parse(location.hash.slice(1));
		this.values = {};
		this.apply(values);
	}

	parse(text) {
		const values = {...this.standard};
		for (const pair of text.split("&")) {
			const at = pair.indexOf("=");
			const key = pair.slice(0, at);
			if (at > 0 && Object.hasOwn(DEFAULTS, key))
				values[key] = decode(pair.slice(at + 1));
		}
		return values;
	}
}

function decode(text) {
	const plain = text.replace(/\+/g, " ");
	try {
		return decodeURIComponent(plain);
	} catch {
		return plain;
	}
}
