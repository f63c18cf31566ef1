// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of stacks to rows of tables: by equal places, as memtrace top does it, since the places come from the same placer. A row
// whose blocks are none at the moment takes no part.

const BY = {
	line: {label: "Line", column: "spot_line"},
	file: {label: "File", column: "spot_file"},
	function: {label: "Function", column: "spot_function"},
	module: {label: "Module", column: "spot_module"},
	traceback: {label: "Traceback", column: "spot_line"},
	thread: {label: "Thread", column: null},
};

class Groups {
	constructor(report, by, own, moment) {
		this.report = report;
		this.data = report.data;
		this.by = by;
		this.stacks = report.stacks(own);
		this.moment = moment;
		this.index = new Map();
		this.all = [];
		this.total = this.empty(0);
		this.add();
		if (BY[by].column && by !== "traceback")
			this.cumulate();
	}

	empty(key) {
		return {key, size: 0, count: 0, sizeDiff: 0, countDiff: 0, cumulative: 0, cumulativeDiff: 0,
			sizeVariance: 0, countVariance: 0, cumulativeVariance: 0, totalSize: 0, totalCount: 0, leaf: 0, name: -1, holds: false};
	}

	group(key) {
		let group = this.index.get(key);
		if (!group) {
			group = this.empty(key);
			this.index.set(key, group);
			this.all.push(group);
		}
		return group;
	}

	key(row, top) {
		const column = this.data.column;
		if (this.by === "thread")
			return column.row_thread[row];
		if (this.by === "traceback")
			return this.report.chains(this.stacks)[column.row_node[row]];
		return column[BY[this.by].column][column.node_spot[top]];
	}

	add() {
		const {data, stacks} = this, {row_node: node, node_spot: spot, spot_name: name} = data.column;
		const size = data.live(0, "size", this.moment), count = data.live(0, "count", this.moment);
		const oldSize = data.before ? data.live(1, "size", this.moment) : null;
		const oldCount = data.before ? data.live(1, "count", this.moment) : null;
		const sizeVariance = data.sampled && data.variance("size", this.moment), countVariance = data.sampled && data.variance("count", this.moment);
		for (let row = 0; row < data.rows; row++) {
			if (!size[row] && !count[row] && !(oldSize && (oldSize[row] || oldCount[row])))
				continue;
			const top = stacks.top(node[row]), group = this.group(this.key(row, top));
			for (const sum of [group, this.total]) {
				sum.size += size[row];
				sum.count += count[row];
				sum.sizeDiff += size[row] - (oldSize ? oldSize[row] : 0);
				sum.countDiff += count[row] - (oldSize ? oldCount[row] : 0);
				if (data.sampled) {
					sum.sizeVariance += sizeVariance[row];
					sum.countVariance += countVariance[row];
				}
			}
			const named = name[spot[top]];
			group.holds = true;
			group.leaf = group.leaf || node[row];
			group.name = group.name === -1 || group.name === named ? named : 0;
		}
		this.addTotals();
	}

	// All that was ever allocated, also where nothing is live: of the groups that are shown.
	addTotals() {
		const {data, stacks} = this, node = data.column.row_node;
		const size = data.column["total_size/0"], count = data.column["total_count/0"];
		for (let row = 0; row < data.rows; row++) {
			const group = size[row] || count[row] ? this.index.get(this.key(row, stacks.top(node[row]))) : null;
			if (!group)
				continue;
			group.totalSize += size[row];
			group.totalCount += count[row];
		}
	}

	// With what was allocated below it: once for each place of a stack. Places without blocks of their own come to the table too.
	cumulate() {
		const {data, stacks} = this, {row_node: node, node_spot: spot, node_parent: parent} = data.column;
		const places = data.column[BY[this.by].column];
		const size = data.live(0, "size", this.moment), old = data.before ? data.live(1, "size", this.moment) : null;
		const variance = data.sampled && data.variance("size", this.moment);
		const stamps = new Int32Array(data.column.place_kind.length).fill(-1);
		for (let row = 0; row < data.rows; row++) {
			if (!size[row] && !(old && old[row]))
				continue;
			for (let n = node[row]; n; n = parent[n]) {
				const place = places[spot[n]];
				if (stamps[place] === row || stacks.hides(n, node[row]))
					continue;
				stamps[place] = row;
				const group = this.group(place);
				group.cumulative += size[row];
				group.cumulativeDiff += size[row] - (old ? old[row] : 0);
				if (variance)
					group.cumulativeVariance += variance[row];
				if (!group.leaf)
					group.leaf = n;
			}
		}
	}
}
