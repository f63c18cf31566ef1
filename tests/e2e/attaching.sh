# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For tests that attach to programs/attached, sourced after lib.sh. It ends the test where no process may trace another.

processes=()
clean() { kill -KILL "${processes[@]}" 2>/dev/null; }

# start COMMAND…: in the background; $program. Its standard input is $to where there is a coprocess (obey).
start()
{
	rm -f ready go done stop truth
	TRUTH=truth "$@" </dev/null &
	program=$!
	processes+=("$program")
}
started() { start "$PROGRAMS/attached" "$@"; wait_for 20 test -e ready; }

# attach WHAT [OPTION…]: memtrace in the background, into t.snap; $runner.
attach()
{
	local what=$1
	shift
	: >attach.err
	"$MEMTRACE" attach -f -o t.snap "$@" "$program" >/dev/null 2>attach.err &
	runner=$!
	processes+=("$runner")
	wait_for 30 grep -q '^memtrace: attached' attach.err
	same "$what" "$?$(grep -v '^memtrace: [awp]' attach.err)" 0
}
detach() { memtrace detach "$program"; }
# ends_with WHAT PID STATUS: it ends, and how.
ends_with() { wait "$2"; same "$1" $? "$3"; }
work_is_done() { touch go; wait_for 30 test -e done; }
# Ends the program, which is whole.
stop() { touch stop; ends_with "the program ends as ever" "$program" "${1-7}"; }

# What the program accounts for is what memtrace knows of its source.
account_holds() # WHAT [SOURCE]
{
	local found
	found=$(account_of t.snap "${2-attached.c}" 2>&1)
	same "$1" "$(jq -cS --slurpfile t truth 'with_entries(select(.key as $key | $t[0] | has($key)))' <<<"$found" 2>&1)" \
		"$(jq -cS . truth 2>&1)"
}

start sleep 60
if ! timeout 30 "$MEMTRACE" attach -q -f -o may.snap -d 10ms "$program" 2>may.err &&
	grep -qE 'allows no tracing|Operation not permitted' may.err; then
	skip "attaching" "no process may trace another here: $(head -1 may.err)"
	exit
fi
kill "$program"
