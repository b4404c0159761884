// Command genschema writes what is generated from the catalogue: the JSON Schema of
// every event and the AsyncAPI document into events/schema, and docs/EVENTS.md.
//
// Promise: one file per CloudEvents type, one for the envelope, asyncapi.json and the
// page for people, the doc comments of the payload structs as descriptions; the same
// structs give the same bytes. A field without a comment fails.
//
// May assume: it runs in the folder of package events, as go generate does.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const folder = "schema"

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}

// write replaces what was generated before.
func write() error {
	c, err := read()
	if err != nil {
		return err
	}
	files, err := c.files()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return fmt.Errorf("list %s: %w", folder, err)
	}
	for _, path := range old {
		if _, kept := files[filepath.ToSlash(path)]; kept {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove a schema without a type: %w", err)
		}
	}
	for path, text := range files {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("write what was generated: %w", err)
		}
	}
	return nil
}
