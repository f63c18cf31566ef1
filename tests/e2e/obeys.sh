# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Programs that do what a test says while memtrace looks on (tests/programs/obeys.c); sourced after lib.sh.
#
#   begin [OPTION…]   starts one under `memtrace run -q -f -o t.snap OPTION…`; $runner is memtrace, $program the program
#   tell LINE         has it obey, and waits until it has; $answer is what it said: PID BYTES BLOCKS
#   end_it            has it end, and waits for memtrace; $ended is its status
begin()
{
	coproc OBEYS { exec "$MEMTRACE" run -q -f -o t.snap "$@" -- "$PROGRAMS/obeys" 2>run.err; }
	runner=$OBEYS_PID
	exec {to}>&"${OBEYS[1]}" {from}<&"${OBEYS[0]}"
	read -r -t 30 program _ <&"$from"
}
tell()
{
	answer=
	echo "$1" >&"$to"
	read -r -t 30 answer <&"$from"
}
end_it()
{
	echo q >&"$to"
	exec {to}>&-
	wait "$runner"
	# shellcheck disable=SC2034  # for the tests
	ended=$?
	exec {from}<&-
}

# status [FILTER]: what memtrace says of the program.
status() { memtrace ctl --json "$program" status | jq -r "${1-.}"; }
# knows LABEL: its program has a moment of that name.
knows() { [ "$(status "any(.moments[]; . == \"$1\")")" = true ]; }

# Bytes and blocks of a moment of FILE that the program itself made: beside it stand what libc has allocated before main.
own() # SNAP@MOMENT
{
	memtrace top -n 0 --by filename --include '*/obeys.c' --json "$1" | jq -r '"\(.total.size) \(.total.count)"'
}
