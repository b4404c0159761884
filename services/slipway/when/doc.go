// Package when reads a moment as a person writes it: RFC 3339, the last 15:04 there
// was, an age such as 10m, or a place in the log such as #18190.
//
// Promise: what is read is one of a time and a place in the log, never both; what
// could be meant otherwise is refused with the forms that are taken.
//
// May not assume: that the moment has been, or that the log holds the place. Whoever
// looks there finds out.
package when
