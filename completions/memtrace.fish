# SPDX-License-Identifier: GPL-3.0-or-later
# What TAB offers behind memtrace, in fish. `memtrace complete` knows it, and speaks fish's own form, "WORD<TAB>SUMMARY".

function __memtrace_complete
	set -l words (commandline -opc)
	set -l word (commandline -ct)
	set -l typed (string unescape -- $word; or string trim -c '"\'' -- $word)
	for answer in ($words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
		switch $answer
			case ':program *'
				complete -C (string join ' ' -- (string escape -- $words[(math (string replace ':program ' '' -- $answer) + 2)..-1]) $word)
			case ':files' ':snapshots'
				set -l head (string match -r -- '^--[^=]*=' $typed)
				set -l names (complete -C "'' "(string escape -- (string replace -- "$head" '' $typed)))
				if test $answer = ':snapshots'
					set names (string match -r -- '.*(?:/|\.snap(?:\.[0-9].*)?)$' $names)
				end
				string replace -r '^' -- "$head" $names
			case '*'
				printf '%s\n' $answer
		end
	end
end

complete -c memtrace -f -a '(__memtrace_complete)'
