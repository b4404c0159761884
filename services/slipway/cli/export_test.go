package cli

import (
	"io"
	"strconv"
	"strings"
)

// HelpLine is a line of a verb's help, and the exit codes its verb may end with.
type HelpLine struct {
	Verb, Line string
	Exits      []int
}

// HelpLines are all lines of all verbs' help, in the order of the pages.
func HelpLines() (all []HelpLine) {
	env := &Env{Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }}
	for _, cmd := range documented(newRootCommand(env)) {
		var codes []int
		for _, word := range strings.Fields(cmd.Annotations[exits]) {
			code, _ := strconv.Atoi(word)
			codes = append(codes, code)
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			all = append(all, HelpLine{strings.TrimPrefix(cmd.CommandPath(), "slipway "), strings.TrimSpace(line), codes})
		}
	}
	return all
}
