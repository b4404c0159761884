// Package longlog writes logs as long as years of deployments make them, for tests
// and benchmarks of reading.
//
// Promise: what it writes is what the services say of healthy apps, release after
// release: whole ordinals and ids, causes that exist, states that fold without a gap.
// Equal options give equal bytes. Apps take turns, so that one app's facts lie
// scattered over the whole log.
//
// May not assume: that the events are as old as they say. The stream's time is that of
// the writing, and none carries a message id: the server would remember a million of
// them for ten minutes, which no log of years asks of it.
package longlog
