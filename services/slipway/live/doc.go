// Package live draws releases on their way as a picture for a terminal.
//
// Promise: a picture is a function of what it shows and of the terminal it is for. No
// line of it is wider than the terminal and no picture higher, so nothing wraps and
// nothing scrolls; a wide character counts as two columns. Colours only repeat what a
// word says. Nothing in a reason or a log line reaches the terminal as a control code.
// Without Unicode a picture is plain ASCII.
//
// May assume: the numbers are true of one moment; nothing here looks at a clock.
package live
