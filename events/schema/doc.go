// Package schema holds what is generated from the catalogue, for programs that need
// it without this checkout: the JSON Schema of every event and the AsyncAPI document.
//
// Promise: the bytes are those of the committed files beside this one, and a test
// says that those are what the catalogue and the payload structs say.
//
// May not assume: that anything is fetched from the addresses in $id; they are names.
package schema
