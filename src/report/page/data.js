// SPDX-License-Identifier: GPL-3.0-or-later
// The data that memtrace wrote (report/html_columns.h, html_stacks.h): typed arrays over one buffer, by name.

async function unpack(text) {
	const binary = atob(text.trim());
	const packed = new Uint8Array(binary.length);
	for (let i = 0; i < binary.length; i++)
		packed[i] = binary.charCodeAt(i);
	const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter(), reader = stream.readable.getReader();
	const written = writer.write(packed).then(() => writer.close()), parts = [];
	let size = 0;
	for (let part; !(part = await reader.read()).done; size += part.value.length)
		parts.push(part.value);
	await written;
	const all = new Uint8Array(size);
	parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
	return all.buffer;
}

const ARRAYS = {u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array};
const SPOT_INLINED = 1, SPOT_STANDARD = 2, SPOT_UNNAMED = 4;

class Data {
	constructor(buffer) {
		const size = new DataView(buffer).getUint32(0, true);
		const start = Math.ceil((4 + size) / 8) * 8;
		const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));

		Object.assign(this, header);
		this.column = {};
		for (const [name, [type, offset, count]] of Object.entries(header.columns))
			this.column[name] = new ARRAYS[type](buffer, start + offset, count);
		this.sides = header.before ? [header.now, header.before] : [header.now];
		this.rows = this.column.row_node.length;
		this.nodes = this.column.node_parent.length;
		this.kept = new Map();
	}

	// Something that is made once for a key.
	once(key, make) {
		if (!this.kept.has(key))
			this.kept.set(key, make());
		return this.kept.get(key);
	}

	// The moment of a side that stands for one of the snapshot's: of the base the one that was asked for, else of the same name.
	momentOf(side, moment) {
		if (side === 0)
			return moment;
		const name = this.now.moments[moment].name;
		const same = this.before.moments.findIndex(m => m.name === name);
		return moment === this.now.moment || same < 0 ? this.before.moment : same;
	}

	// Whether any number is an estimate.
	get sampled() {
		return this.sides.some(side => side.snapshot.sampled);
	}

	// One number a row: KIND is "size" or "count", of the blocks that were live then, or with "_variance", which exact ones have not.
	live(side, kind, moment) {
		const at = this.momentOf(side, moment);
		return this.once(`${kind}/${side}/${at}`, () => {
			const all = new Float64Array(this.rows);
			const rows = this.column[`at/${side}/${at}`], values = this.column[`${kind}/${side}/${at}`];
			for (let i = 0; values && i < rows.length; i++)
				all[rows[i]] = values[i];
			return all;
		});
	}

	// The variance of all sides at once: that of a difference is the sum.
	variance(kind, moment) {
		const all = this.sides.map((_, side) => this.live(side, `${kind}_variance`, moment));
		return all.length === 1 ? all[0] : this.once(`${kind}_variance/${moment}`, () => all[0].map((one, row) => one + all[1][row]));
	}

	// The same of any weight (WEIGHTS).
	weight(side, name, moment) {
		if (name === "size" || name === "count")
			return this.live(side, name, moment);
		return this.column[`${name}/${side}`] || this.once("nothing", () => new Float64Array(this.rows));
	}
}

// What blocks can be weighed by: its name for people, whether it is bytes, whether it depends on the moment.
const WEIGHTS = {
	size: {label: "Bytes live", bytes: true, moment: true},
	count: {label: "Blocks live", bytes: false, moment: true},
	total_size: {label: "Bytes ever allocated", bytes: true, moment: false},
	total_count: {label: "Blocks ever allocated", bytes: false, moment: false},
	temporary_size: {label: "Temporary bytes", bytes: true, moment: false},
	temporary_count: {label: "Temporary blocks", bytes: false, moment: false},
	moved_size: {label: "Bytes carried by realloc", bytes: true, moment: false},
};

// Half of the interval that has the truth in it in 95 of 100 cases (model/snapshot.h).
function errorOf(variance) {
	return Math.ceil(1.96 * Math.sqrt(variance));
}

function weightText(weight, value, signed) {
	return WEIGHTS[weight].bytes ? sizeText(value, signed) : countText(value, signed);
}

// Numbers for pairs of numbers, from 0 on in the order of coming: open addressing, since a Map of 100000 stacks is slow.
class Pairs {
	constructor() {
		this.first = [];
		this.second = [];
		this.slots = new Int32Array(1 << 12);
	}

	add(a, b) {
		const mask = this.slots.length - 1;
		let at = this.hash(a, b) & mask;
		for (let id; (id = this.slots[at]); at = (at + 1) & mask) {
			if (this.first[id - 1] === a && this.second[id - 1] === b)
				return id - 1;
		}
		this.first.push(a);
		this.second.push(b);
		this.slots[at] = this.first.length;
		if (this.first.length * 2 > this.slots.length)
			this.grow();
		return this.first.length - 1;
	}

	hash(a, b) {
		let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
		h ^= h >>> 15;
		return Math.imul(h, 0x2c1b3c6d) ^ (h >>> 13);
	}

	grow() {
		this.slots = new Int32Array(this.slots.length * 4);
		const mask = this.slots.length - 1;
		for (let id = 0; id < this.first.length; id++) {
			let at = this.hash(this.first[id], this.second[id]) & mask;
			while (this.slots[at])
				at = (at + 1) & mask;
			this.slots[at] = id + 1;
		}
	}
}
