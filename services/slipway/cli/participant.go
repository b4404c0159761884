package cli

import (
	"os"
	"time"

	"slipway.dev/services/node/process"
	"slipway.dev/services/slipway/interrupt"
)

// Participant is the main of a binary of one participant: the flags, ready file and
// exit codes of `slipway run NAME`. It does not return.
func Participant(name string) {
	words := os.Args[1:]
	switch {
	case len(words) > 0 && words[0] == "keep":
		os.Exit(process.Keep(words[1:]))
	case len(words) == 0 || words[0] != "example": // a node's workloads may name its own program
		words = append([]string{"run", name}, words...)
	}
	os.Exit(Main(interrupt.Context(), NewEnv(), words))
}

// NewEnv is this process's.
func NewEnv() *Env {
	return &Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, Began: time.Now()}
}
