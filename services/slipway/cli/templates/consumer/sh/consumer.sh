#!/bin/sh
# @NAME@ reads what Slipway says and acts on it, each fact once by its id. It needs the
# nats command line. The file named by KEPT keeps era and sequence of the last fact it
# has worked on, then the ids of the latest: started again, it goes on behind it.
set -eu

FILTER=${FILTER:-slipway.event.*.*.*.release.*} # app, owner, place, entity, happened
KEPT=${KEPT:-$(dirname "$0")/position}
STREAM=SLIPWAY_EVENTS
KNOWN=1000 # ids kept

# Yours: called with each fact, one line of JSON. A status other than 0 ends the
# program, and the fact comes again when it is started again.
work() {
	id=$1 type=$2 fact=$3
	echo "$id $type" "$(field reason "$fact")"
	case $type in
	dev.slipway.release.promoted.v1) ;; # "$(field app "$fact")" now serves with a new release
	esac
}

# field prints the first text of a name.
field() { printf '%s\n' "$2" | grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

knows() { tail -n +2 "$KEPT" | grep -qxF "$1"; }

keep() {
	{ echo "$era $1" && tail -n +2 "$KEPT" | tail -n $((KNOWN - 1)) && echo "$2"; } >"$KEPT.new"
	mv "$KEPT.new" "$KEPT"
}

# restore finds out where to go on: in another era the log has begun anew, and without
# a file it is from now on.
restore() {
	info=$(nats stream info "$STREAM" --json)
	era=$(printf '%s\n' "$info" | sed -n 's/.*"slipway.era": "\([0-9]*\)".*/\1/p')
	last=$(printf '%s\n' "$info" | sed -n 's/.*"last_seq": \([0-9]*\).*/\1/p')
	if [ ! -f "$KEPT" ]; then
		echo "$era $last" >"$KEPT"
	elif [ "$(head -n 1 "$KEPT" | cut -d ' ' -f 1)" != "$era" ]; then
		echo "$era 0" >"$KEPT"
	fi
	sequence=$(head -n 1 "$KEPT" | cut -d ' ' -f 2)
}

# read_on takes what the nats command line prints: a line with the sequence, headers,
# and the fact on one line.
read_on() {
	nats sub "$FILTER" --stream "$STREAM" --start-sequence $((sequence + 1)) |
		while IFS= read -r line; do
			case $line in
			"[#"*" seq: "*)
				at=${line#* seq: }
				at=${at%% *}
				;;
			'{"'*)
				id=$(field id "$line")
				knows "$id" || work "$id" "$(field type "$line")" "$line" || exit 1
				knows "$id" || keep "$at" "$id"
				;;
			esac
		done
}

trap 'trap - TERM; kill 0' INT TERM
while :; do
	restore
	echo "@NAME@ reads $STREAM behind $era:$sequence" >&2
	read_on
	echo "again in a second" >&2
	sleep 1
done
