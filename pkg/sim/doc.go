// Package sim runs services on one in-memory log with one seed and a clock that
// jumps, while crashes, twins, delays, lost answers and cut decisions are thrown at
// them.
//
// Promise: the same seed gives the same log, byte for byte. What runs is
// service.Core, the same loop that runs live; only the log, the clock and the hands
// are simulated. A failure names the seed that replays it.
//
// May assume: a service decides by nothing but what it is handed.
//
// May not assume: that a green search proves anything about NATS itself; the
// contract suite of pkg/bus holds for Log and for the real one.
package sim
