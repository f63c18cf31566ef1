// SPDX-License-Identifier: GPL-3.0-or-later
// The flame graph's frames: equal functions under equal callers are one, with the sum of what they hold. Inverted, a tree begins
// with the function that allocates and goes on with its callers. Frame 0 is all of it; a frame's parent has the lower number.
//
// Of a difference a frame has two values; its width is the sum over its stacks of the larger one, so nothing that was there
// before or is there now has no place.

const INVERTED_MOST = 2e6; // frames of all stacks: beyond that inverted stacks are cut

class FlameTree {
	constructor(report, {weight, moment, own, invert}) {
		const data = report.data;
		this.report = report;
		this.data = data;
		this.stacks = report.stacks(own);
		this.now = data.weight(0, weight, moment);
		this.old = data.before ? data.weight(1, weight, moment) : null;
		this.parent = [0];
		this.spot = [-1];
		this.value = [0];
		this.before = [0];
		this.width = [0];
		this.self = [0];
		this.cut = 0;
		this.pairs = new Pairs();
		this.pairs.add(-1, -1);
		if (invert)
			this.addInverted();
		else
			this.addUpright();
		this.order();
	}

	frame(parent, spot) {
		const id = this.pairs.add(parent, this.data.column.spot_function[spot]);
		if (id === this.parent.length) {
			this.parent.push(parent);
			this.spot.push(spot);
			this.value.push(0);
			this.before.push(0);
			this.width.push(0);
			this.self.push(0);
		}
		return id;
	}

	// The weight of each stack, of all its threads and domains.
	weights() {
		const node = this.data.column.row_node, n = this.data.nodes;
		const now = new Float64Array(n), old = this.old ? new Float64Array(n) : null, width = old ? new Float64Array(n) : now;
		for (let row = 0; row < this.data.rows; row++) {
			now[node[row]] += this.now[row];
			if (!old)
				continue;
			old[node[row]] += this.old[row];
			width[node[row]] += Math.max(this.now[row], this.old[row]);
		}
		return {now, old, width};
	}

	put(id, leaf, sums) {
		this.value[id] += sums.now[leaf];
		this.width[id] += sums.width[leaf];
		if (sums.old)
			this.before[id] += sums.old[leaf];
	}

	addUpright() {
		const sums = this.weights(), {parent, spot} = this.stacks, n = this.data.nodes;
		const used = new Uint8Array(n), frames = new Int32Array(n);
		for (let i = n - 1; i > 0; i--) {
			if (sums.width[i])
				used[i] = 1;
			if (used[i])
				used[parent[i]] = 1;
		}
		for (let i = 1; i < n; i++) {
			if (!used[i])
				continue;
			frames[i] = this.stacks.hides(i, i) ? frames[parent[i]] : this.frame(frames[parent[i]], spot[i]);
			if (!sums.width[i])
				continue;
			const id = this.stacks.own && !this.stacks.sees[i] ? this.whole(i) : frames[i];
			this.put(id, i, sums);
			this.self[id] += sums.width[i];
		}
		for (let id = this.parent.length - 1; id > 0; id--) {
			const up = this.parent[id];
			this.value[up] += this.value[id];
			this.before[up] += this.before[id];
			this.width[up] += this.width[id];
		}
	}

	// A stack that would have no frame left stays whole.
	whole(leaf) {
		return this.stacks.walk(leaf).reverse().reduce((id, n) => this.frame(id, this.stacks.spot[n]), 0);
	}

	addInverted() {
		const sums = this.weights();
		let used = 0;
		for (let i = 1; i < this.data.nodes; i++)
			used += sums.width[i] > 0;
		const most = Math.max(16, Math.floor(INVERTED_MOST / Math.max(1, used)));
		for (let leaf = 1; leaf < this.data.nodes; leaf++) {
			if (!sums.width[leaf])
				continue;
			let id = 0, depth = 0;
			this.put(0, leaf, sums);
			for (let n = leaf; n; n = this.stacks.parent[n]) {
				if (this.stacks.hides(n, leaf))
					continue;
				if (++depth > most) {
					this.cut++;
					break;
				}
				id = this.frame(id, this.stacks.spot[n]);
				this.put(id, leaf, sums);
			}
			this.self[id] += sums.width[leaf];
		}
	}

	// Children of a frame lie in `child` from first[id] to first[id + 1], the widest first.
	order() {
		const n = this.parent.length;
		this.first = new Int32Array(n + 1);
		this.child = new Int32Array(n - 1);
		for (let id = 1; id < n; id++)
			this.first[this.parent[id] + 1]++;
		for (let id = 0; id < n; id++)
			this.first[id + 1] += this.first[id];
		const at = this.first.slice(0, n);
		for (let id = 1; id < n; id++)
			this.child[at[this.parent[id]]++] = id;
		for (let id = 0; id < n; id++) {
			if (this.first[id + 1] - this.first[id] > 1)
				this.child.subarray(this.first[id], this.first[id + 1]).sort((a, b) => this.width[b] - this.width[a] || a - b);
		}
	}

	children(id) {
		return this.child.subarray(this.first[id], this.first[id + 1]);
	}

	// From the root to the frame.
	path(id) {
		const path = [id];
		while (id)
			path.unshift(id = this.parent[id]);
		return path;
	}

	name(id) {
		return id ? this.report.names.frame(this.spot[id]) : "all";
	}
}
