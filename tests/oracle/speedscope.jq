# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of speedscope's file format, as its own page tells them: prints a line for each that a file breaks.
def is_index($n): type == "number" and . >= 0 and . < $n and . == floor;
def only($known): (keys - $known)[] | "a key that is not of the format: \(.)";

def frame: only(["name", "file", "line", "col"]),
	(if (.name | type) == "string" and .name != "" then empty else "a frame without a name" end),
	(if (.file // "" | type) == "string" then empty else "a file that is no string" end),
	((.line, .col) // 1 | if type == "number" then empty else "a line that is no number" end);

def profile($frames): only(["type", "name", "unit", "startValue", "endValue", "samples", "weights"]),
	(if .type == "sampled" then empty else "a type: \(.type)" end),
	(if (.name | type) == "string" then empty else "a profile without a name" end),
	(if .unit | IN("none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes") then empty else "a unit: \(.unit)" end),
	(if (.startValue | type) == "number" and (.endValue | type) == "number" and .endValue >= .startValue then empty
		else "it ends before it begins" end),
	(if (.samples | length) == (.weights | length) then empty else "not a weight for each sample" end),
	([.samples[] | arrays | select(all(is_index($frames)) | not)] | if length == 0 then empty else "a sample of frames that are not there" end),
	(if all(.samples[]; type == "array" and length > 0) then empty else "a sample without a stack" end),
	(if all(.weights[]; type == "number" and . > 0) then empty else "a weight that is none" end),
	(if .endValue - .startValue == (.weights | add // 0) then empty else "its end is not the sum of its weights" end);

only(["$schema", "exporter", "name", "activeProfileIndex", "shared", "profiles"]),
(if .["$schema"] == "https://www.speedscope.app/file-format-schema.json" then empty else "not of this schema" end),
(.shared | only(["frames"])), (.shared.frames[] | frame),
(if (.profiles | length) > 0 then empty else "no profile" end),
(.profiles | length) as $n | (if .activeProfileIndex | is_index($n) then empty else "an active profile that is not there" end),
((.shared.frames | length) as $frames | .profiles[] | profile($frames))
