// Command measure runs every benchmark and every test that counts requests, and
// writes what they print to one page, with date, machine and commit. It computes
// nothing: a figure is what a test or benchmark printed, or it is absent.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	root := flag.String("root", ".", "folder of the checkout")
	out := flag.String("out", "docs/reference/measured.md", "page to write, below the checkout")
	flag.Parse()
	if err := run(*root, *out, os.Getenv("SLIPWAY_SOAK") != ""); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// run writes the page even when something failed: that is a finding too.
func run(root, out string, soak bool) error {
	p := page{machine: thisMachine(root), at: time.Now().UTC(), soak: soak}
	for _, c := range claims {
		fmt.Fprintf(os.Stderr, "%s: %s\n", c.folder, c.tests)
		f := c.measure(root)
		p.findings = append(p.findings, f)
	}
	for _, module := range modules {
		fmt.Fprintf(os.Stderr, "%s: benchmarks\n", module)
		rows, err := benchmarks(root, module)
		if err != nil {
			p.broken = append(p.broken, err.Error())
		}
		p.benchmarks = append(p.benchmarks, rows...)
	}
	p.last = load()
	if err := os.WriteFile(filepath.Join(root, out), []byte(p.text()), 0o644); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return p.failed()
}
