// Package gateway measures our HTTP data path against nginx, haproxy, caddy and a tuned
// httputil.ReverseProxy, by benchmarks alone: `make measure` runs them and writes what
// they print. A proxy that is not installed is skipped by name.
//
// Promise: each contender is a process of its own, alone on core 0 with one worker; the
// backend and the load share core 1. All have the same duties: HTTP/1.1, forwarded
// headers, a request's name, kept connections, no log. Repetitions are interleaved in
// random order and a ratio is the median of the ratios paired by repetition. A cell with
// a failed request is void.
//
// Processor time is utime + stime of the contender's process tree, so it holds also where
// core 1 is the first to be full. Latency is open loop, from the time a request was due,
// at the same absolute rates for all.
//
// Remembers: nothing. Every process is ended with its benchmark.
//
// May not assume: that the rest of the machine is idle. Processor time and paired ratios
// suffer least from it; rates and latency are of little worth on a busy one.
package gateway
