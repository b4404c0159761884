// Package progress shows on stderr how a wish goes on: one line a transition, the
// events themselves, a tree repainted in place, or nothing.
//
// Promise: all are views of the same facts. Only the tree writes cursor codes, and
// only on a terminal; it never clears the screen.
//
// May assume: facts are given in the order of the log, from one goroutine.
package progress
