// SPDX-License-Identifier: GPL-3.0-or-later
// A real table that sorts by its headers. A column is {key, label, value(row), text(row) or cell(row), title(row),
// number, head, compare}; `number` columns begin with the largest. Only the first rows are in the page, more on demand.

const ROWS_AT_FIRST = 100, ROWS_MORE = 500;

class Table {
	constructor({columns, rows, sort, caption, onsort, compare}) {
		Object.assign(this, {columns, rows, caption, onsort, compare});
		this.limit = ROWS_AT_FIRST;
		this.body = el("tbody");
		this.more = el("p", {class: "more"});
		this.node = el("div", {class: "table"}, el("div", {class: "scroller"}, this.table = el("table", {},
			el("caption", {class: "unseen", text: caption}), el("thead", {}, this.head = el("tr")), this.body)), this.more);
		this.heads = columns.map(column => this.header(column));
		this.head.append(...this.heads);
		this.sort(sort.key, sort.order);
	}

	header(column) {
		return el("th", {scope: "col", class: column.number ? "number " + column.key : column.key},
			el("button", {type: "button", title: column.about || false, onclick: () => this.click(column)}, column.label));
	}

	click(column) {
		const standard = column.number ? "descending" : "ascending", other = column.number ? "ascending" : "descending";
		this.sort(column.key, this.key === column.key && this.order === standard ? other : standard);
		if (this.onsort)
			this.onsort(this.key, this.order);
	}

	sort(key, order) {
		const column = this.columns.find(c => c.key === key) || this.columns[0];
		const sign = order === "ascending" ? 1 : -1, value = column.value;
		this.key = column.key;
		this.order = order;
		this.rows.sort((a, b) => {
			if (column.compare)
				return sign * column.compare(a, b);
			const x = value(a), y = value(b);
			return sign * (x < y ? -1 : x > y ? 1 : this.compare ? this.compare(a, b) : 0);
		});
		this.heads.forEach((head, i) => {
			if (this.columns[i] === column)
				head.setAttribute("aria-sort", order);
			else
				head.removeAttribute("aria-sort");
		});
		this.show();
	}

	show(rows) {
		this.rows = rows || this.rows;
		this.body.replaceChildren(...this.rows.slice(0, this.limit).map(row => this.row(row)));
		const left = this.rows.length - this.limit;
		this.more.replaceChildren(left > 0 ? el("button", {type: "button", text: `Show ${countText(Math.min(left, ROWS_MORE))} more of ${countText(left)}`,
			onclick: () => (this.limit += ROWS_MORE, this.show())}) : "");
		this.more.hidden = left <= 0;
	}

	row(row) {
		return el("tr", {}, this.columns.map(column => {
			const cell = el(column.head ? "th" : "td", {class: (column.number ? "number " : "") + column.key,
				scope: column.head ? "row" : false, title: column.title ? column.title(row) : false});
			if (column.number)
				cell.dataset.value = (column.raw || column.value)(row);
			cell.append(...[column.cell ? column.cell(row) : column.text(row)].flat());
			return cell;
		}));
	}
}
