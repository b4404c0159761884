package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/progress"
)

// width is the columns of the terminal behind a stream; 0 if it is none.
func (e *Env) width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// hint tells a person something beside the result.
func (e *Env) hint(words string) {
	if !e.Quiet {
		fmt.Fprintln(e.Err, words)
	}
}

// asks tells whether a person can be asked: somebody types and sees the question.
func (e *Env) asks() bool {
	in, ok := e.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && terminal(e.Err)
}

// agreed asks a person for a yes; without a terminal nothing is asked.
func (e *Env) agreed(ctx context.Context, question string) error {
	switch {
	case e.Yes:
		return nil
	case !e.asks():
		return fault.New("SLW-U003", "%s needs a yes, and there is no terminal to ask at", question).Try(e.again("--yes"))
	}
	fmt.Fprintf(e.Err, "%s? [y/N] ", question)
	typed := make(chan string, 1)
	go func() { // ends with the process at the latest: a terminal cannot be asked to stop
		line, _ := bufio.NewReader(e.In).ReadString('\n')
		typed <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case word := <-typed:
		if word == "y" || word == "yes" {
			return nil
		}
	case <-ctx.Done():
		return detached
	}
	return fault.New("SLW-U003", "%s: the answer was not yes; nothing has been changed", question).Try(e.again("--yes"))
}

// progressKind is how progress is shown.
func (e *Env) progressKind() string {
	switch {
	case e.Quiet:
		return progress.Quiet
	case e.Progress != "auto":
		return e.Progress
	case terminal(e.Err) && e.Getenv("TERM") != "dumb" && !e.Verbose:
		return progress.TTY
	}
	return progress.Plain
}

// again is the command that was given, with a flag more.
func (e *Env) again(flag string) string {
	return strings.Join(append(append([]string{"slipway"}, e.args...), flag), " ")
}
