#!/bin/sh
# Three buses, two copies of registry, deployer and metrics, a node and a gateway on this
# machine: cluster.sh up [DIR], cluster.sh down [DIR]; cluster.sh start NAME [DIR]
# brings back one that has ended. See README.md.
set -eu

slipway=${SLIPWAY:-slipway}
nats=${NATS_PORT:-4222}   # and the two after it
route=${ROUTE_PORT:-6222} # and the two after it
listen=${LISTEN:-127.0.0.1:8080}
store=${STORE_MAX:-2147483648} # bytes of one bus; three share this disk
patience=60                    # seconds; an election takes up to nine
restore=${RESTORE:-}           # a backup to make the log from, where DIR is new
verb=${1:-}
[ "$verb" != start ] || { one=${2:?which one} && shift; }
dir=${2:-.slipway/cluster}

routes="nats://127.0.0.1:$route,nats://127.0.0.1:$((route + 1)),nats://127.0.0.1:$((route + 2))"
servers="nats://127.0.0.1:$nats,nats://127.0.0.1:$((nats + 1)),nats://127.0.0.1:$((nats + 2))"
everyone="bus-a bus-b bus-c control-1 control-2 node gateway"

start() {
	name=$1
	shift
	mkdir -p "$dir/$name"
	if [ -f "$dir/$name/pid" ] && kill -0 "$(cat "$dir/$name/pid")" 2>/dev/null; then
		echo "$name runs already as $(cat "$dir/$name/pid"): $0 down $dir" >&2
		exit 1
	fi
	rm -f "$dir/$name/ready"
	"$slipway" "$@" --data "$dir/$name" --ready-file "$dir/$name/ready" </dev/null >"$dir/$name/log" 2>&1 &
	echo $! >"$dir/$name/pid"
}

await() {
	for name in "$@"; do
		waited=0
		until [ -f "$dir/$name/ready" ]; do
			if [ "$waited" -ge $((patience * 5)) ] || ! kill -0 "$(cat "$dir/$name/pid")" 2>/dev/null; then
				echo "$name is not ready:" >&2
				tail -n 5 "$dir/$name/log" >&2
				exit 1
			fi
			sleep 0.2
			waited=$((waited + 1))
		done
	done
}

bus() {
	start "bus-$1" run bus --profile cluster --id "$1" --store-max "$store" ${restore:+--await-restore} \
		--nats "127.0.0.1:$((nats + $2))" --cluster "127.0.0.1:$((route + $2))" --routes "$routes"
}

participant() {
	case $1 in
	bus-a) bus a 0 ;;
	bus-b) bus b 1 ;;
	bus-c) bus c 2 ;;
	control-1 | control-2) start "$1" run registry,deployer,metrics --nats "$servers" --default-domain localhost ;;
	node) start node run node --nats "$servers" --id n1 ;;
	gateway) start gateway run gateway --nats "$servers" --listen "$listen" ;;
	*)
		echo "no participant $1: one of $everyone" >&2
		exit 2
		;;
	esac
}

# fill restores the backup, once one of the servers leads.
fill() {
	waited=0
	until said=$("$slipway" restore "$restore" --nats "$servers" 2>&1); do
		case $said in *SLW-C003*) ;; *) waited=$patience ;; esac
		if [ "$waited" -ge "$patience" ]; then
			echo "$said" >&2
			exit 1
		fi
		sleep 1
		waited=$((waited + 1))
	done
	echo "$said"
}

up() {
	for name in bus-a bus-b bus-c; do participant "$name"; done
	[ -z "$restore" ] || fill
	await bus-a bus-b bus-c
	for name in control-1 control-2 node gateway; do participant "$name"; done
	await control-1 control-2 node gateway
	echo "gateway http://$listen"
	echo "slipway context save cluster --nats $servers"
}

# down ends what was started last first: the buses outlive those who say good-bye.
down() {
	last=""
	for name in $everyone; do last="$name $last"; done
	for name in $last; do
		[ -f "$dir/$name/pid" ] || continue
		pid=$(cat "$dir/$name/pid")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
		rm -f "$dir/$name/pid" "$dir/$name/ready"
	done
}

case $verb in
up) up ;;
start) participant "$one" && await "$one" ;;
down) down ;;
*)
	echo "usage: $0 up|down [DIR], $0 start NAME [DIR]" >&2
	exit 2
	;;
esac
