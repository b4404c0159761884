package main

// proxies is the folder of the comparisons with other proxies.
const proxies = "services/slipway/measure/gateway"

// whyProxy is what a profile says of the data path's processor time.
const whyProxy = "more than half is system calls, four fifths of them the two writes that everybody makes; the rest is spread: a tenth net/http's server reading requests and writing headers, a twentieth memory"

// ratios is the folder of the comparisons with the plain client.
const ratios = "services/slipway/measure/ratio"

// What profiles say, where a target is missed.
const (
	whyAppend     = "besides the publish an append encodes, spells and hashes the id, and makes three contexts (1 s in all, 450 ms a try, a denial), a slot and a watch: 6 to 9 µs whatever the disk does, which are small beside an fsync"
	whyHop        = "an append's own 6 to 9 µs, parsing and decoding, and the hand-overs from reader to loop to append and back; small beside an fsync"
	whyOne        = "the chain is about 20 facts, said by participants that wait for one another, and eight readers in this process wake up for most of them; a plain hop has one writer and one reader"
	whyMany       = "45,000 facts are read by every participant, each by a reader of its own here, on the same cores; the server takes a third of the processor's time, a tenth alone to find a guard's last message among all subjects; the loop's decisions take a fifth, a third of them the promises of a node and a gateway, which look at all there is"
	whyReplay     = "the plain client takes bytes and looks at none; scanning and decoding an event into its Go value costs about 2 µs on one core beside it, more than half of that the envelope"
	whyStart      = "about 25 µs of processor an event on two cores: one reader for all and one scan and decoding of each event (a quarter), the server and its client (a fifth), and five participants that each look at every event and fold what they hear"
	whyPlacements = "a placement takes 80 µs of processor in this process, with its request and the server that stores both, a quarter of it in the server; a machine that others use gives less"
	whyMemory     = "an app keeps its document and each release its spec, about 1 KiB an instance with three instances an app; the deployer holds the placer's requests as well, a node each release it runs"
)

// targets are those of the design. nosync is without waiting for the disk, always is
// how Slipway runs.
var targets = []target{
	{what: "hop, in process, nosync", folder: ratios, benchmark: "Hop/inprocess/nosync", unit: "ratio", bound: 1.5, why: whyHop},
	{what: "hop, in process, always", folder: ratios, benchmark: "Hop/inprocess/always", unit: "ratio", bound: 1.5},
	{what: "hop, TCP, nosync", folder: ratios, benchmark: "Hop/tcp/nosync", unit: "ratio", bound: 1.5, why: whyHop},
	{what: "hop, TCP, always", folder: ratios, benchmark: "Hop/tcp/always", unit: "ratio", bound: 1.5},
	{what: "one app, declared to applied by every gateway, in plain hops, nosync", folder: ratios, benchmark: "DeclareOne/nosync", unit: "ratio", bound: 25, why: whyOne},
	{what: "the same in time, nosync", folder: ratios, benchmark: "DeclareOne/nosync", unit: "ours-p50-ms", bound: 5, why: whyOne},
	{what: "one app, declared to applied by every gateway, in plain hops, always", folder: ratios, benchmark: "DeclareOne/always", unit: "ratio", bound: 25, why: whyOne},
	{what: "the same in time, always", folder: ratios, benchmark: "DeclareOne/always", unit: "ours-p50-ms", bound: 15, why: whyOne},
	{what: "1,000 apps of 3 declared at once, until all are promoted, nosync", folder: ratios, benchmark: "DeclareMany/1000x3/nosync", unit: "ours-p50-s", bound: 3, why: whyMany},
	{what: "placements through the bus, nosync", folder: ratios, benchmark: "Placements/nosync", unit: "placements/s", least: true, bound: 10_000, why: whyPlacements},
	{what: "placements through the bus, always", folder: ratios, benchmark: "Placements/always", unit: "placements/s", least: true, bound: 10_000, why: whyPlacements},
	{what: "lag: a route stored to applied by each gateway, p99, nosync", folder: ratios, benchmark: "Lag/nosync", unit: "ours-p99-ms", bound: 100},
	{what: "lag: a route stored to applied by each gateway, p99, always", folder: ratios, benchmark: "Lag/always", unit: "ours-p99-ms", bound: 100},
	{what: "append of one, guarded, nosync", folder: ratios, benchmark: "Append/nosync", unit: "ratio", bound: 1.3, why: whyAppend},
	{what: "append of one, guarded, always", folder: ratios, benchmark: "Append/always", unit: "ratio", bound: 1.3},
	{what: "append rate of 8 keys, nosync", folder: ratios, benchmark: "EightKeys/nosync", unit: "ratio", least: true, bound: 0.8},
	{what: "append rate of 8 keys, always", folder: ratios, benchmark: "EightKeys/always", unit: "ratio", least: true, bound: 0.8},
	{what: "rate of replaying 1,000,000 events, scanned and decoded", folder: ratios, benchmark: "Replay", unit: "ratio", least: true, bound: 0.6, why: whyReplay},
	{what: "slipway dev ready on 1,000,000 events without a snapshot, in ms", folder: "services/slipway/longlog", benchmark: "DevToReady/first", unit: "ms-to-ready", bound: 8000, why: whyStart},
	{what: "catch-up by one filter against 21", folder: ratios, benchmark: "CatchUp", unit: "ratio", least: true, bound: 1},
	{what: "codec, encode against sdk-go", folder: "events", benchmark: "Codec/encode", unit: "ratio", bound: 0.4},
	{what: "codec, scan against sdk-go's decoding", folder: "events", benchmark: "Codec/scan", unit: "ratio", bound: 0.2},
	{what: "codec, full decoding against sdk-go's", folder: "events", benchmark: "Codec/full", unit: "ratio", bound: 0.6},
	{what: "wish stored to answer stored, in plain hops, nosync", folder: ratios, benchmark: "Wish/nosync", unit: "ratio", bound: 2, why: whyHop},
	{what: "wish stored to answer stored, in plain hops, always", folder: ratios, benchmark: "Wish/always", unit: "ratio", bound: 2},
	{what: "an event folded and decided with 10,000 keys against 10", folder: "pkg/service", benchmark: "Event", unit: "ratio", bound: 1.2},
	{what: "memory per instance, deployer", folder: ratios, benchmark: "DeclareMany/1000x3/nosync", unit: "deployer-B/instance", bound: 1024, why: whyMemory},
	{what: "memory per instance, registry", folder: ratios, benchmark: "DeclareMany/1000x3/nosync", unit: "registry-B/instance", bound: 1024, why: whyMemory},
	{what: "memory per instance, one gateway", folder: ratios, benchmark: "DeclareMany/1000x3/nosync", unit: "gateway-B/instance", bound: 1024},
	{what: "memory per instance, its node", folder: ratios, benchmark: "DeclareMany/1000x3/nosync", unit: "node-B/instance", bound: 1024, why: whyMemory},
}

// contests are the bounds the design gives the data path beside other proxies.
var contests = []target{
	{what: "processor time a request against a tuned ReverseProxy, GET 128 B, 32 connections", folder: proxies, benchmark: "Proxies/GET-128B-32", unit: "cpu-ours/reverseproxy", bound: 0.8, why: whyProxy},
	{what: "the same against nginx", folder: proxies, benchmark: "Proxies/GET-128B-32", unit: "cpu-ours/nginx", bound: 2, why: whyProxy},
	{what: "p99 at half of the slowest one's rate against nginx", folder: proxies, benchmark: "Latency/at-50%", unit: "p99-ours/nginx", bound: 2},
	{what: "requests lost over 200 replacements of a backend", folder: proxies, benchmark: "Replacements/ours", unit: "lost", bound: 0},
}
