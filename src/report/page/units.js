// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as text, sizes as memtrace prints them everywhere (base/units.h), and the one way by which names reach the page:
// as text nodes and attributes, never as markup.

// Rounds halves to even, as printf does.
function fixed(value, digits) {
	const scale = digits ? 10 : 1, scaled = value * scale, below = Math.floor(scaled);
	const tie = scaled - below === 0.5;
	return (tie ? (below % 2 ? below + 1 : below) / scale : value).toFixed(digits);
}

function sizeText(size, signed) {
	const sign = size < 0 ? "-" : signed ? "+" : "";
	let value = Math.abs(size);
	for (const unit of ["B", "KiB", "MiB", "GiB", "TiB"]) {
		if (value < 100 && unit !== "B")
			return sign + fixed(value, 1) + " " + unit;
		if (value < 10240 || unit === "TiB")
			return sign + fixed(value, 0) + " " + unit;
		value /= 1024;
	}
	return "";
}

// 1234567 as 1 234 567, with thin spaces that do not break.
function countText(count, signed) {
	const digits = String(Math.abs(count)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
	return (count < 0 ? "-" : signed ? "+" : "") + digits;
}

function plural(count, noun) {
	return countText(count) + " " + noun + (count === 1 ? "" : "s");
}

function shareText(part, whole) {
	if (!whole)
		return "–";
	const percent = 100 * part / whole;
	return (percent >= 99.95 || percent === 0 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : "<0.1") + " %";
}

function secondsText(seconds) {
	if (seconds === 0)
		return "0 s";
	if (seconds < 1e-6)
		return (seconds * 1e9).toFixed(0) + " ns";
	if (seconds < 1e-3)
		return (seconds * 1e6).toPrecision(3) + " µs";
	if (seconds < 1)
		return Number((seconds * 1e3).toPrecision(3)) + " ms";
	if (seconds < 120)
		return Number(seconds.toPrecision(3)) + " s";
	if (seconds < 7200)
		return Number((seconds / 60).toPrecision(3)) + " min";
	return Number((seconds / 3600).toPrecision(3)) + " h";
}

// What cannot be seen, or turns the text around it, is shown as a sign.
function visible(text) {
	// eslint-disable-next-line no-control-regex
	return text.replace(/[\u0000-\u001f]/g, c => String.fromCharCode(0x2400 + c.charCodeAt(0)))
		.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
}

// An element: attributes by name ("text" is its text, "on…" a listener, false leaves one out), then its children.
function el(tag, attributes, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
	return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (value === false || value === null || value === undefined)
			continue;
		if (name === "text")
			node.textContent = value;
		else if (name.startsWith("on"))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? "" : value);
	}
	for (const child of children.flat(Infinity)) {
		if (child !== null && child !== undefined && child !== false)
			node.append(child);
	}
	return node;
}

const byId = id => document.getElementById(id);
