package main

import (
	"fmt"
	"slices"
	"strings"

	"slipway.dev/services/slipway/fault"
)

// families are the letters of the codes.
var families = map[byte]string{
	'U': "Usage", 'C': "Cluster", 'E': "Names", 'F': "App file", 'D': "Deployment", 'T': "Traffic",
	'M': "Metrics and rules", 'Z': "Access", 'K': "Keys and secrets", 'A': "Audit", 'G': "Guarantees",
	'H': "Health", 'X': "Internal",
}

// errorCodes is the page of every code a person can be told.
func errorCodes() string {
	var b strings.Builder
	b.WriteString("# Errors\n\nWritten by `make docs` from the table in `services/slipway/fault/table.go`; do not edit.\n")
	b.WriteString("`slipway explain CODE` prints the same. A code stands for one thing and is never used again.\n")
	b.WriteString("Some stand for parts that this version does not have; nothing says them yet.\n")
	last := byte(0)
	for _, r := range fault.Table {
		if letter := r.Code[len("SLW-")]; letter != last {
			last = letter
			fmt.Fprintf(&b, "\n## %s\n\n| code | exit | what | meaning | try |\n|---|---|---|---|---|\n", family(letter))
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", r.Code, r.Exit, cell(r.Title), cell(r.Text), remedies(r.Fixes))
	}
	return b.String()
}

func family(letter byte) string {
	if name, ok := families[letter]; ok {
		return name
	}
	return string(letter)
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// remedies shows commands as code and words as words.
func remedies(fixes []string) string {
	shown := slices.Clone(fixes)
	for i, f := range shown {
		if strings.HasPrefix(f, "slipway ") {
			shown[i] = "`" + f + "`"
		}
	}
	return cell(strings.Join(shown, ", "))
}
