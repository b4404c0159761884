package main

import (
	"fmt"
	"regexp"
	"strings"
)

// modules are the modules of the checkout.
var modules = []string{"events", "pkg", "services", "services/slipway", "examples"}

// row is one benchmark's line.
type row struct {
	folder, name, n string
	figures         []string // "912 ns/op"
}

// benchLine is what go test -bench prints: name, iterations, then pairs of value and unit.
var benchLine = regexp.MustCompile(`^(Benchmark\S+)\s+(\d+)\s+(.+)$`)

// failures are the lines of go test that name a package or benchmark that failed.
var failures = regexp.MustCompile(`(?m)^(--- )?FAIL[:\t].+$`)

// benchmarks runs all of a module. Those that ran are given with the error.
func benchmarks(root, module string) ([]row, error) {
	out, err := goTest(root, module, "-run=^$", "-bench=.", "-benchmem", "-timeout=1h", "./...")
	if strings.Contains(out, "no packages to test") {
		return nil, nil
	}
	if err != nil {
		err = fmt.Errorf("benchmarks of %s: %w: %s", module, err, strings.Join(failures.FindAllString(out, -1), ", "))
	}
	return readBenchmarks(out), err
}

func readBenchmarks(out string) (rows []row) {
	folder := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if pkg, ok := strings.CutPrefix(line, "pkg: slipway.dev/"); ok {
			folder = pkg
		}
		m := benchLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r := row{folder: folder, name: strings.TrimPrefix(m[1], "Benchmark"), n: m[2]}
		words := strings.Fields(m[3])
		for i := 0; i+1 < len(words); i += 2 {
			r.figures = append(r.figures, words[i]+" "+words[i+1])
		}
		rows = append(rows, r)
	}
	return rows
}
