// SPDX-License-Identifier: GPL-3.0-or-later
// Places as people read them (report/keys.h), and the frames of stacks.

const PLACE_LINE = 0, PLACE_SYMBOL = 1, PLACE_ADDRESS = 2, PLACE_MODULE = 3, PLACE_THREAD = 4;

class Names {
	constructor(data) {
		this.data = data;
		this.column = data.column;
		this.texts = [];
	}

	string(id) {
		return this.data.strings[id];
	}

	short(id) {
		return this.data.strings[this.column.string_short[id]];
	}

	// As memtrace prints it: FILE:LINE, FILE(FUNCTION), …
	place(place) {
		return this.texts[place] ??= this.makePlace(place);
	}

	makePlace(place) {
		const {place_kind: kind, place_name: name, place_function: func, place_line: line, place_number: number} = this.column;
		const text = this.string(name[place]);
		switch (kind[place]) {
		case PLACE_SYMBOL:
			return `${text}(${this.string(func[place])})`;
		case PLACE_ADDRESS:
			return `${text}(+0x${number[place].toString(16)})`;
		case PLACE_MODULE:
			return text;
		case PLACE_THREAD:
			return `thread ${number[place]}` + (text ? ` (${text})` : "");
		}
		return `${text}:${line[place]}`;
	}

	// By file name, then by line as a number.
	compare(a, b) {
		const {place_name: name, place_line: line} = this.column;
		const order = (x, y) => x < y ? -1 : x > y ? 1 : 0;
		return order(this.string(name[a]), this.string(name[b])) || line[a] - line[b] || order(this.place(a), this.place(b));
	}

	// What stands large and what small: {main, rest}.
	parts(place, by) {
		const {place_kind: kind, place_name: name, place_function: func, place_line: line, place_number: number} = this.column;
		const text = this.string(name[place]);
		const slash = text.lastIndexOf("/", text.length - 2) + 1;
		const base = text.slice(slash), folder = text.slice(0, slash);
		switch (kind[place]) {
		case PLACE_SYMBOL:
			return {main: this.short(func[place]), rest: text};
		case PLACE_ADDRESS:
			return {main: `${base}+0x${number[place].toString(16)}`, rest: folder};
		case PLACE_THREAD:
			return {main: `thread ${number[place]}`, rest: text};
		case PLACE_MODULE:
			return {main: base, rest: folder};
		}
		return {main: by === "file" || by === "function" ? base : `${base}:${line[place]}`, rest: folder};
	}

	// A frame's function in short, else where it is.
	frame(spot) {
		const name = this.column.spot_name[spot];
		return name ? this.short(name) : this.parts(this.column.spot_function[spot], "line").main;
	}

	fullFrame(spot) {
		const name = this.column.spot_name[spot];
		return name ? this.string(name) : this.place(this.column.spot_line[spot]);
	}

	// FILE:LINE of a spot, or "".
	where(spot) {
		return this.place(this.column.spot_line[spot]);
	}
}

// Stacks with or without the frames that "own code only" leaves out: all of them stay where nothing would be left.
class Stacks {
	constructor(data, own) {
		const {node_parent: parent, node_spot: spot, spot_flags: flags} = data.column;
		this.data = data;
		this.own = own;
		this.parent = parent;
		this.spot = spot;
		this.sees = null;
		if (!own)
			return;
		this.sees = new Uint8Array(parent.length);
		for (let n = 1; n < parent.length; n++)
			this.sees[n] = this.sees[parent[n]] || !(flags[spot[n]] & SPOT_STANDARD) ? 1 : 0;
	}

	hides(node, leaf) {
		return this.own && this.sees[leaf] && (this.data.column.spot_flags[this.spot[node]] & SPOT_STANDARD) !== 0;
	}

	// The nodes of a stack, most recent first.
	walk(leaf) {
		const nodes = [];
		for (let n = leaf; n; n = this.parent[n]) {
			if (!this.hides(n, leaf))
				nodes.push(n);
		}
		return nodes;
	}

	// The most recent one.
	top(leaf) {
		let n = leaf;
		while (n && this.hides(n, leaf))
			n = this.parent[n];
		return n;
	}
}
