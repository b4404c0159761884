// Package window folds the batches of gateways and nodes into load windows, one row of
// windows for each app and release.
//
// Promise: what is told in time is counted once, whatever order batches come in and
// however often. The windows of a release follow one another without overlap or hole
// while it is listed. A window is closed once, and not before every live gateway has
// told up to its end or patience has run out; complete says that all of them had. Two
// folds that were told the same close the same windows.
//
// Remembers: of each series the value at the last closed second and what was told since;
// of each speaker which batches came. What nobody retells is forgotten after a few
// minutes, so memory follows what there is and not what there was.
//
// May assume: values are cumulative from the start of the speaker's process, its batches
// are numbered without a hole, all its series are told at least once in Whole, and its
// clock is within a second of ours.
//
// May not assume: that anything comes in order, in time or at all. What is told up to a
// second after its window was closed is counted in the next; what comes later is dropped
// and counted by Late.
package window
