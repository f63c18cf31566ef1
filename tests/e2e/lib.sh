# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The frame of an end-to-end test, sourced by each tests/e2e/NAME.test. It gives a fresh working folder (its name has a
# space in it, on purpose), a clean environment, no standard input, time limits, and assertions that print TAP:
#
#   ok WHAT COMMAND…               the command succeeds
#   no WHAT COMMAND…               the command fails
#   same WHAT GOT WANT             two texts are equal
#   like WHAT GOT REGEX            a text matches an extended regular expression (unlike: does not)
#   same_file WHAT GOT WANT        two files are equal
#   json WHAT FILE FILTER WANT     `jq -r FILTER FILE` prints WANT
#   ends STATUS WHAT COMMAND…      runs it, its output into ./out and ./err, and holds its status
#   skip WHAT WHY                  what this machine cannot do
#   truth_holds NAME [ARG…]        a program's own account equals the snapshot's, over both transports
#   truth_holds_in NAME [ARG…]     the same for what the program's own source file allocated alone
#   unharmed ACCOUNT NAME [ARG…]   the program does the same as untraced (see there), and its account is exact
#
# A test that leaves something behind (a server, processes) defines `clean`, which is called at the end, however it comes.
#
# $PROGRAMS holds the built tests/programs, $MEMTRACE the command (run it by the function `memtrace`, which has the time
# limit $LIMIT), $SHIM the library; $SANITIZED is not empty when the command was built under sanitizers.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export MEMTRACE=${MEMTRACE:-$root/build/memtrace} PROGRAMS=$root/build/tests
SHIM=$root/build/libmemtrace.so
SANITIZED=${SANITIZED-}
LIMIT=60
# shellcheck disable=SC2034  # for the tests
TRANSPORTS=(ring pipe)
for name in "${!MEMTRACE_@}"; do unset "$name"; done
unset LD_PRELOAD NO_COLOR COLUMNS PYTHONMALLOC DEBUGINFOD_URLS
export LC_ALL=C.UTF-8 TZ=UTC
exec </dev/null
work=$(mktemp -d "${TMPDIR:-/tmp}/memtrace e2e.XXXXXX") || exit
cd "$work" || exit
tests_run=0 tests_failed=0

at_exit()
{
	local status=$?
	! declare -F clean >/dev/null || clean
	cd / && chmod -R u+w "$work" && rm -rf "$work"
	echo "1..$tests_run"
	[ $status = 0 ] && [ $tests_failed != 0 ] && status=1
	exit $status
}
trap at_exit EXIT
trap 'exit 143' TERM INT

memtrace() { timeout -k 5 "$LIMIT" "$MEMTRACE" "$@"; }

pass() { tests_run=$((tests_run + 1)); echo "ok - $*"; }
skip() { tests_run=$((tests_run + 1)); echo "ok - $1 # SKIP $2"; }
# fail WHAT, then what to show on stdin.
fail()
{
	tests_run=$((tests_run + 1)) tests_failed=$((tests_failed + 1))
	echo "not ok - $1"
	head -n 40 | cut -c1-400 | sed 's/^/    /'
}

ok()
{
	local what=$1 output status
	shift
	output=$("$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then pass "$what"; else fail "$what" <<<"status $status of: $*"$'\n'"$output"; fi
}
no()
{
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then fail "$what" <<<"did not fail: $*"$'\n'"$output"; else pass "$what"; fi
}
same()
{
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" <<<"got:  $2"$'\n'"want: $3"; fi
}
like()
{
	if [[ $2 =~ $3 ]]; then pass "$1"; else fail "$1" <<<"got:  $2"$'\n'"want: /$3/"; fi
}
unlike()
{
	if [[ $2 =~ $3 ]]; then fail "$1" <<<"got:  $2"$'\n'"not:  /$3/"; else pass "$1"; fi
}
same_file()
{
	local difference
	if difference=$(diff -a -u "$3" "$2" 2>&1); then pass "$1"; else fail "$1" <<<"$difference"; fi
}
json()
{
	local got
	got=$(jq -r "$3" "$2" 2>&1)
	if [ "$got" = "$4" ]; then pass "$1"; else fail "$1" <<<"got:  $got"$'\n'"want: $4"$'\n'"of:   jq '$3' $2"; fi
}
ends()
{
	local want=$1 what=$2 status
	shift 2
	"$@" >out 2>err
	status=$?
	if [ $status = "$want" ]; then
		pass "$what"
	else
		fail "$what" <<<"status $status, not $want, of: $*"$'\n'"$(cat err)"
	fi
	return 0
}

# info FILE: its account as JSON, into FILE.json too.
info() { memtrace info --json "$1" >"$1.json" 2>info.err || { cat info.err; return 1; }; }

# wait_for SECONDS COMMAND…: until it succeeds, asked ten times a second.
wait_for()
{
	local tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# The keys of a program's account that differ from the snapshot's, and whatever was lost on the way.
difference() # TRUTH INFO
{
	jq -r -n --slurpfile t "$1" --slurpfile i "$2" '$i[0].snapshot as $s |
		([$t[0] | to_entries[] | select($s[.key] != .value) | "\(.key): got \($s[.key]), want \(.value)"]
		+ [if $s.complete != true then "complete is \($s.complete)" else empty end]
		+ [if $s.events_lost != 0 then "\($s.events_lost) events lost" else empty end]
		+ [if $s.unknown_frees != 0 and ($t[0].unknown_frees == null) then "\($s.unknown_frees) unknown frees" else empty end])[]' 2>&1
}

# What a program wrote into $TRUTH, held against `info` of its snapshot FILE.
truth_is() # WHAT FILE TRUTH
{
	local found
	if ! [ -s "$3" ]; then
		fail "$1" <<<"the program gave no account"
	elif ! found=$(info "$2"); then
		fail "$1" <<<"$found"
	elif found=$(difference "$3" "$2.json") && [ -z "$found" ]; then
		pass "$1"
	else
		fail "$1" <<<"$found"
	fi
}

truth_holds()
{
	local transport name=$1 said
	shift
	for transport in "${TRANSPORTS[@]}"; do
		rm -rf t.snap truth
		said=$(TRUTH=truth memtrace run -q -o t.snap --transport "$transport" -- "$PROGRAMS/$name" "$@" 2>&1 >out)
		truth_is "$name${1+ $*} tells the truth by $transport" t.snap truth
		[ -z "$said" ] || sed 's/^/    # /' <<<"$said"
	done
}

# The account of the traces of FILE.snap whose most recent frame lies in a source file that ends with SUFFIX.
account_of() # SNAP SUFFIX
{
	memtrace export --to json -f -o "$1.export" "$1" 2>export.err || { cat export.err; return 1; }
	jq --arg suffix "/$2" '
		def file: if type == "array" then .[0] else .filename end;
		.frames as $frames
		| [.traces[] | select((.frames[0] // ["", 0] | if type == "number" then $frames[.] else . end | file) | endswith($suffix))]
		| {total_count: (map(.total_count) | add), total_size: (map(.total_size) | add),
		   current_count: (map(.count) | add), current: (map(.size) | add),
		   peak: (map(.moments.peak.size // 0) | add)}' "$1.export"
}

truth_holds_in()
{
	local transport name=$1 source found
	shift
	source=$(cd "$root/tests/programs" && echo "$name".c*)
	for transport in "${TRANSPORTS[@]}"; do
		rm -rf t.snap truth
		TRUTH=truth memtrace run -q -o t.snap --transport "$transport" -- "$PROGRAMS/$name" "$@" >out 2>err
		if ! found=$(account_of t.snap "$source" 2>&1); then
			fail "$name${1+ $*} tells the truth of its own blocks by $transport" <<<"$found"$'\n'"$(cat err)"
			continue
		fi
		same "$name${1+ $*} tells the truth of its own blocks by $transport" \
			"$(jq -cS --slurpfile t truth 'with_entries(select(.key as $key | $t[0] | has($key)))' <<<"$found")" \
			"$(jq -cS . truth)"
	done
}

# One line for each thing that a run has left: a process of memtrace that looks at this folder, a file in $TMPDIR.
leftovers()
{
	local process
	# One find for all of them: it is asked again and again.
	while read -r process; do
		process=${process%/cwd}
		[ "$(readlink "$process/exe" 2>/dev/null)" != "$(readlink -f "$MEMTRACE")" ] || echo "process ${process#/proc/}"
	done < <(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$work" 2>/dev/null)
	find "$work/tmp" -mindepth 1 2>/dev/null
	ls -d /dev/shm/memtrace* /dev/mqueue/memtrace* 2>/dev/null
}
nothing_is_left() { [ -z "$(leftovers)" ]; }

# Runs the program $PROGRAMS/NAME (a NAME with a slash is a path) natively and by each of $TRANSPORTS, with the same world
# around it: what it prints to both streams, its status, and that nothing stays behind but its snapshot must be the same.
# ACCOUNT says what is held to the account in $TRUTH: all (the whole snapshot), own (what its source file has allocated), none.
# Accounts in $TRUTH.PID are those of its children, each held against the whole snapshot of that process (t.snap.PID).
# $SAYS, if set, is a filter (a command line) for both outputs, for what differs from run to run.
SAYS=cat
unharmed()
{
	local account=$1 name=$2 what transport status program
	shift 2
	what=${name##*/}${1+ $*}
	program=$PROGRAMS/$name
	[[ $name != */* ]] || program=$name
	mkdir -p tmp
	rm -rf truth truth.*
	TMPDIR=$work/tmp TRUTH=truth timeout -k 5 "$LIMIT" "$program" "$@" >native.out 2>native.err
	status=$?
	bash -c "$SAYS" <native.out >native.out.said
	bash -c "$SAYS" <native.err >native.err.said
	for transport in "${TRANSPORTS[@]}"; do
		rm -rf t.snap* truth truth.*
		TMPDIR=$work/tmp TRUTH=truth memtrace run -q -o t.snap --transport "$transport" -- "$program" "$@" >out 2>err
		same "$what: status by $transport" $? $status
		# The pipe transport is known to keep one descriptor, with a high number and closed by exec.
		[ "$transport" != pipe ] || sed -i '/^fd [0-9]*: mode 10600 flags 1 2049$/d' out
		bash -c "$SAYS" <out >out.said
		bash -c "$SAYS" <err >err.said
		same_file "$what: stdout by $transport" out.said native.out.said
		same_file "$what: stderr by $transport" err.said native.err.said
		wait_for 15 nothing_is_left
		same "$what: nothing is left by $transport" "$(leftovers)" ""
		unharmed_accounts "$account" "$what by $transport" "${name##*/}"
	done
}
unharmed_accounts() # ACCOUNT WHAT NAME
{
	local file found
	case $1 in
	all) truth_is "$2: its account" t.snap truth ;;
	own) if found=$(account_of t.snap "$(cd "$root/tests/programs" && echo "$3".c*)" 2>&1); then
			same "$2: the account of its own blocks" \
				"$(jq -cS --slurpfile t truth 'with_entries(select(.key as $key | $t[0] | has($key)))' <<<"$found")" "$(jq -cS . truth)"
		else
			fail "$2: the account of its own blocks" <<<"$found"
		fi ;;
	esac
	for file in truth.*; do
		[ -e "$file" ] || continue
		truth_is "$2: a child's account" "t.snap.${file#truth.}" "$file"
	done
}
