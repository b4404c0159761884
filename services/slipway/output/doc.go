// Package output writes results: a table, or one document as JSON or YAML, or one id
// a line.
//
// Promise: a document is one JSON object and a newline; its items are never null;
// fields stand in one order. A table holds no cursor code; on a terminal no line is
// wider than it.
//
// May assume: an item's JSON fields are the contract's (design/interface.md, 5).
package output
