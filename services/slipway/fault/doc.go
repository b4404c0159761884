// Package fault is the one table of what a person can be told to have gone wrong:
// code, exit status, title, text and remedies, and the one renderer of errors.
//
// Promise: no code is written outside the table, none is used twice; each has one
// exit status; every word a refusal may carry has a code. What is rendered holds no
// cursor code, no stack trace and no Go type name.
//
// May assume: a Fault was made by New or Refused, so its code is in the table.
//
// May not assume: that an error is a Fault. Of turns any other into SLW-X001.
package fault
