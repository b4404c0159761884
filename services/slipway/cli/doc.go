// Package cli is the command line: a reader of the log and a maker of wishes.
//
// Promise: the exit status says whether the intention is now true; stdout carries
// the result and nothing else; without a terminal nothing is asked.
package cli
