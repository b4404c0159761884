// Package recovery watches the log for how what a drill broke comes back.
//
// Promise: what took how long is told by the times the log keeps, of one clock, never by
// when a reader came by; a step that did not come, or came too late, does not hold.
//
// Hears: the facts a drill's steps end with, from the drill's beginning on.
//
// May assume: facts are heard in order, once.
package recovery
