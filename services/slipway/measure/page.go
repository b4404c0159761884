package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// page is what is written.
type page struct {
	machine    machine
	at         time.Time
	last       string // the load after the measuring
	soak       bool
	findings   []finding
	benchmarks []row
	broken     []string // modules whose benchmarks did not all run
}

func (p page) text() string {
	var b strings.Builder
	counts := "The counts are those of `make test`; `SLIPWAY_SOAK=1 make measure` runs the full ones."
	if p.soak {
		counts = "The counts are the full ones."
	}
	fmt.Fprintf(&b, "# Measured\n\nWritten by `make measure`; do not edit. %s\n\n", counts)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| date | %s |\n| machine | %s |\n| commit | %s |\n", p.at.Format(time.RFC3339), p.machine, p.machine.commit)
	fmt.Fprintf(&b, "| load, first and last | %s; %s |\n", p.machine.load, p.last)
	b.WriteString("\n## Promises\n\nRows are those of [GUARANTEES.md](../GUARANTEES.md). A figure is the line its test printed.\n\n")
	b.WriteString("| row | what | test | held | figures |\n|---|---|---|---|---|\n")
	for _, f := range p.findings {
		fmt.Fprintf(&b, "| %d | %s | `%s` in `%s` | %s | %s |\n", f.row, f.what, strings.Trim(f.tests, "^$"), f.folder, f.word(), f.figures())
	}
	b.WriteString("\n## Against plain JetStream\n\nOurs and the plain client took turns in one run; a ratio is of their medians. `fsync` is the disk's in that run, `always` waits for it.\n\n")
	b.WriteString(section(targets, p.benchmarks))
	b.WriteString("\n## Against other proxies\n\nEach alone on one core, with one worker and the same duties; ratios are paired by repetition. More cells are among the benchmarks.\n\n")
	b.WriteString(section(contests, p.benchmarks))
	b.WriteString("\n## Benchmarks\n\n| package | benchmark | n | figures |\n|---|---|---|---|\n")
	for _, r := range p.benchmarks {
		if isTarget(r) {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.folder, r.name, r.n, strings.Join(r.figures, ", "))
	}
	for _, why := range p.broken {
		fmt.Fprintf(&b, "\nNot measured: %s\n", why)
	}
	return b.String()
}

func (f finding) word() string {
	if f.held {
		return "yes"
	}
	return "**no**"
}

// figures are the lines of a claim in one cell.
func (f finding) figures() string {
	if len(f.lines) == 0 {
		return "none printed"
	}
	return strings.ReplaceAll(strings.Join(f.lines, "; "), "|", "\\|")
}

// failed names the claims that did not hold.
func (p page) failed() error {
	names := slices.Clone(p.broken)
	for _, f := range p.findings {
		if !f.held {
			names = append(names, fmt.Sprintf("row %d: %s", f.row, f.what))
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("did not hold: %s", strings.Join(names, "; "))
	}
	return nil
}
