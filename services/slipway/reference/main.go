// Command reference writes the pages of docs/reference that are made from the code.
// A test says when they are not fresh.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../../../docs/reference

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reference FOLDER")
		os.Exit(2)
	}
	for name, text := range pages() {
		path := filepath.Join(os.Args[1], name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "reference: write page:", err)
			os.Exit(1)
		}
	}
}

// pages are all pages by file name.
func pages() map[string]string {
	all := commandLine()
	all["errors.md"] = errorCodes()
	return all
}
