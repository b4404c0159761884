// Package appfile reads the app file: YAML as a person writes it in, resolved
// documents as the log keeps them out.
//
// Promise: all errors of a file are told at once, each with the line and column of
// what is wrong, sorted, with a stable code; what this version does not build is
// refused and never ignored; a document that Parse returns passes Check, and Check
// is what the deployer applies to a wish, so a wish said by any client meets the
// same rules. Every default stands in one place, the tags of the file's structs.
//
// May assume: the chain is parse, variables, schema, rules; each runs on what the
// one before could read, and a wrong value is told once.
//
// May not assume: that an artifact exists. Paths are not opened here; the command
// line hashes the file and says what it could not read with App.Fault.
//
// Pure: imports no os, net or nats, and is safe for many goroutines.
package appfile
