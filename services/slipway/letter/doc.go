// Package letter reads the dead letters: what a participant could not read, and what
// has come of it since.
//
// Promise: a letter put twice by the same participant is one, under the sequence it
// first had.
//
// Fails: with the bus's error where a stream cannot be read to its end.
package letter
