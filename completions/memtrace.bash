# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What TAB offers behind memtrace, in bash. `memtrace complete` knows it; here the line is only taken apart and the answer put
# together. Bash splits words at each of COMP_WORDBREAKS, = and @ among them, and replaces only the last piece ($2, which keeps
# an @); so the pieces are joined again for the question, and what stands before the last one is taken off the answers.

_memtrace()
{
	local line=${COMP_LINE:0:${COMP_POINT:-0}} words=() starts=() piece='' last head answer i
	COMPREPLY=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		last=$piece piece=${COMP_WORDS[i]}
		if [ "$i" = 0 ] || _memtrace_parted; then
			words+=("") starts+=("$i")
			line=${line#"${line%%[![:blank:]]*}"}
		fi
		[ "$i" = "$COMP_CWORD" ] && [ -n "$COMP_LINE" ] && piece=$line
		words[-1]+=$piece
		line=${line#"$piece"}
	done
	[[ $piece =~ ^[=@:]+$ ]] && piece=
	[ $# -gt 1 ] && piece=$2
	piece=${piece#[\"\']}
	# Names as files have them: quotes are the shell's.
	for ((i = 1; i < ${#words[@]}; i++)); do
		words[i]=${words[i]//[\\\"\']/}
	done
	head=${words[-1]%"${piece//[\\\"\']/}"}
	while IFS= read -r answer; do
		case $answer in
		:program*) _memtrace_program "${answer#:program }" ;;
		:files) _memtrace_files "$piece" '' ;;
		:snapshots) _memtrace_files "$piece" '!*.snap?(.[0-9]*)' ;;
		*)
			answer=${answer%%$'\t'*}
			[[ $answer == *[[:blank:]]* ]] && compopt -o filenames 2>/dev/null
			[[ $answer == *[:=] ]] && compopt -o nospace 2>/dev/null
			COMPREPLY+=("${answer#"$head"}")
			;;
		esac
	done < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
}

# Whether a new word begins with $piece, behind $last: by the line, or when there is none, by the look of the pieces.
_memtrace_parted()
{
	if [ -n "$COMP_LINE" ]; then
		[[ -z $line || $line == [[:blank:]]* ]]
	else
		[[ ! $piece =~ ^[=@:]+$ && ! $last =~ ^[=@:]+$ ]]
	fi
}

# Names of files that begin with $1 and are not of the pattern $2; and folders.
_memtrace_files()
{
	local IFS=$'\n' how=(-f)
	compopt -o filenames 2>/dev/null
	[ -n "$2" ] && how=(-f -X "$2" -o plusdirs)
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(shopt -s extglob; compgen "${how[@]}" -- "$1")
}

# The program's own words, from the $1th of ours on, as if memtrace were not there.
_memtrace_program()
{
	local first=$(($1 + 1))
	if declare -F _command_offset >/dev/null; then
		_command_offset "${starts[first]}"
	elif [ "$first" = $((${#words[@]} - 1)) ]; then
		compopt -o filenames 2>/dev/null
		local IFS=$'\n'
		mapfile -t COMPREPLY < <(compgen -c -o plusdirs -- "$piece")
	else
		_memtrace_files "$piece" ''
	fi
}

complete -F _memtrace memtrace
