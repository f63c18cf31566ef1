// SPDX-License-Identifier: GPL-3.0-or-later
// Draws a flame tree onto its canvas, from the frame that is zoomed to. What is narrower than half a pixel is not there to be
// seen: so a drawing costs what the screen can show, whatever the tree.

const ROW = 19, NARROWEST = 0.5, HEIGHT_MOST = 12000, PIXELS_MOST = 3e7;
const HUES = [28, 205, 130, 275, 350, 175, 55, 235];

// Names of what was drawn: {id, x, y, width} in CSS pixels.
class Drawing {
	constructor(canvas, report) {
		this.canvas = canvas;
		this.report = report;
		this.boxes = [];
		this.hues = this.rankModules();
	}

	// Modules get hues by the bytes that they have ever allocated.
	rankModules() {
		const {data} = this.report, {row_node: node, node_spot: spot, spot_module: module} = data.column;
		const sums = new Map();
		for (let row = 0; row < data.rows; row++) {
			const place = module[spot[node[row]]];
			sums.set(place, (sums.get(place) || 0) + data.column["total_size/0"][row] + 1);
		}
		this.modules = [...sums].sort((a, b) => b[1] - a[1]).map(([place]) => place);
		for (const place of new Set(module))
			sums.has(place) || this.modules.push(place);
		return new Map(this.modules.map((place, i) => [place, HUES[i % HUES.length]]));
	}

	dark() {
		return matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
	}

	moduleColour(place, dark, shade) {
		const hue = this.hues.has(place) ? this.hues.get(place) : null;
		if (hue === null)
			return dark ? `hsl(220 6% ${30 + shade}%)` : `hsl(220 10% ${82 + shade}%)`;
		return dark ? `hsl(${hue} 46% ${32 + shade}%)` : `hsl(${hue} 74% ${80 + shade}%)`;
	}

	// Orange grew, blue shrank: two colours that all people can tell apart; the more, the stronger.
	differenceColour(share, dark) {
		const strength = Math.min(1, Math.abs(share)) ** 0.5;
		if (!share)
			return dark ? "hsl(220 5% 32%)" : "hsl(220 8% 88%)";
		const hue = share > 0 ? 30 : 215;
		return dark ? `hsl(${hue} ${30 + 55 * strength}% ${28 + 14 * strength}%)`
			: `hsl(${hue} ${55 + 40 * strength}% ${90 - 25 * strength}%)`;
	}

	colour(tree, id, matches) {
		const dark = this.dark();
		if (id === 0)
			return dark ? "hsl(220 6% 24%)" : "hsl(220 12% 90%)";
		if (matches && matches[id])
			return dark ? "hsl(310 55% 48%)" : "hsl(310 80% 74%)";
		if (matches)
			return dark ? "hsl(220 5% 22%)" : "hsl(220 8% 92%)";
		if (tree.old)
			return this.differenceColour((tree.value[id] - tree.before[id]) / tree.width[id], dark);
		const spot = tree.spot[id], column = this.report.data.column;
		return this.moduleColour(column.spot_module[spot], dark, (column.spot_function[spot] * 5) % 9 - 4);
	}

	// The boxes of everything that can be seen below ROOT.
	layOut(tree, root, width) {
		const boxes = [], scale = width / (tree.width[root] || 1);
		const most = Math.floor(HEIGHT_MOST / ROW);
		const open = [[root, 0, 0]];
		this.deeper = false;
		while (open.length) {
			const [id, x, row] = open.pop();
			boxes.push({id, x, y: row * ROW, width: tree.width[id] * scale});
			if (row + 1 >= most) {
				this.deeper = this.deeper || tree.first[id + 1] > tree.first[id];
				continue;
			}
			let at = x;
			for (const child of tree.children(id)) {
				const wide = tree.width[child] * scale;
				if (wide < NARROWEST)
					break; // the widest come first
				open.push([child, at, row + 1]);
				at += wide;
			}
		}
		return boxes;
	}

	draw(tree, root, {matches, selected, hovered}) {
		const {canvas} = this, width = canvas.parentElement.clientWidth;
		this.boxes = this.layOut(tree, root, width);
		const rows = this.boxes.reduce((most, box) => Math.max(most, box.y / ROW + 1), 1);
		this.boxOf = new Map(this.boxes.map(box => [box.id, box]));
		const height = rows * ROW + 2, sharp = Math.min(window.devicePixelRatio || 1, 2);
		const scale = width * height * sharp * sharp > PIXELS_MOST ? 1 : sharp;
		if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
			canvas.width = Math.round(width * scale);
			canvas.height = Math.round(height * scale);
			canvas.style.height = `${height}px`;
		}
		const context = canvas.getContext("2d");
		context.setTransform(scale, 0, 0, scale, 0, 0);
		context.clearRect(0, 0, width, height);
		context.font = "12px system-ui, sans-serif";
		context.textBaseline = "middle";
		context.direction = "ltr";
		const ink = this.dark() ? "#f2f2f2" : "#1c1c1c";
		for (const box of this.boxes) {
			context.fillStyle = this.colour(tree, box.id, matches);
			context.fillRect(box.x, box.y, Math.max(box.width - 0.6, NARROWEST), ROW - 1);
			if (box.width > 26)
				this.label(context, tree, box, ink);
		}
		this.frameAround(context, this.boxOf.get(hovered), ink, 1);
		this.frameAround(context, this.boxOf.get(selected), ink, 2);
	}

	label(context, tree, box, ink) {
		const room = box.width - 8;
		let text = visible(tree.name(box.id).slice(0, 400));
		if (tree.old && box.id && tree.value[box.id] !== tree.before[box.id])
			text = (tree.value[box.id] > tree.before[box.id] ? "+ " : "− ") + text;
		const most = Math.floor(room / 5.2);
		while (text.length > 1 && (text.length > most * 1.6 || context.measureText(text).width > room)) {
			const ratio = Math.min(0.95, text.length > most * 1.6 ? most * 1.5 / text.length : room / context.measureText(text).width);
			text = text.slice(0, Math.max(1, Math.floor((text.length - 1) * ratio))) + "…";
			if (text === "…" || text.length <= 2)
				return;
		}
		context.fillStyle = ink;
		context.fillText(text, box.x + 4, box.y + ROW / 2);
	}

	frameAround(context, box, ink, line) {
		if (!box)
			return;
		context.strokeStyle = ink;
		context.lineWidth = line;
		context.strokeRect(box.x + line / 2, box.y + line / 2, Math.max(box.width - line - 0.6, 1), ROW - 1 - line);
	}

	at(x, y) {
		return this.boxes.find(box => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + ROW);
	}
}
