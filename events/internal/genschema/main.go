// Command genschema writes the JSON Schema of every event into events/schema.
//
// Promise: one file per CloudEvents type and one for the envelope, the doc comments
// of the payload structs as descriptions; the same structs give the same bytes. A
// field without a comment fails.
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

// write replaces what the folder holds.
func write() error {
	files, err := schemas()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return fmt.Errorf("list %s: %w", folder, err)
	}
	for _, path := range old {
		if _, kept := files[filepath.Base(path)]; kept {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove a schema without a type: %w", err)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", folder, err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	return nil
}
