package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/live"
	"slipway.dev/services/slipway/output"
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

// faultIndent is where the words of a fault begin below its labels.
const faultIndent = 9

// words are a fault as a person reads it, no line wider than the terminal but for what
// is to be typed, which must be copied whole, and what a workload has written.
func (e *Env) words(f *fault.Fault) string {
	var b strings.Builder
	for _, line := range strings.SplitAfter(fault.Render(e.aim(f)), "\n") {
		if !strings.HasPrefix(line, "  fix ") && !strings.HasPrefix(line, "  logs ") {
			line = output.Fit(line, e.width(e.Err), faultIndent)
		}
		b.WriteString(line)
	}
	return b.String()
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
	case e.Progress != "auto" && e.Progress != progress.TTY:
		return e.Progress
	case e.paints() && (e.Progress == progress.TTY || !e.Verbose):
		return progress.TTY
	}
	return progress.Plain
}

// paints tells whether stderr is a terminal on which a picture can be drawn again in
// its place; nothing else is ever given a cursor code.
func (e *Env) paints() bool {
	kind := e.Getenv("TERM")
	return terminal(e.Err) && kind != "" && kind != "dumb"
}

// screen is the terminal behind a stream, for pictures.
func (e *Env) screen(w io.Writer) live.Terminal {
	t := live.Terminal{Colour: !e.NoColor, Unicode: e.unicode()}
	if f, ok := w.(*os.File); ok {
		if columns, rows, err := term.GetSize(int(f.Fd())); err == nil {
			t.Width, t.Height = columns, rows
		}
	}
	return t
}

// unicode tells whether the locale's characters are Unicode's, by the first variable
// that says anything about it, as POSIX has it.
func (e *Env) unicode() bool {
	charset := cmp.Or(e.Getenv("LC_ALL"), e.Getenv("LC_CTYPE"), e.Getenv("LANG"))
	charset = strings.ToLower(charset)
	return strings.Contains(charset, "utf-8") || strings.Contains(charset, "utf8")
}

// again is the command that was given, with a flag more; one that has a value takes the
// place of what it was given.
func (e *Env) again(flag string) string {
	words, name := []string{"slipway"}, ""
	if n, _, valued := strings.Cut(flag, " "); valued {
		name = n
	}
	for i := 0; i < len(e.args); i++ {
		switch a := e.args[i]; {
		case name != "" && a == name:
			i++
		case name != "" && strings.HasPrefix(a, name+"="):
		default:
			words = append(words, quoted(a))
		}
	}
	return strings.Join(append(words, flag), " ")
}

// quoted is a word as a shell must be given it.
func quoted(word string) string {
	if word != "" && strings.Trim(word, plainLetters) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// plainLetters mean themselves to a shell.
const plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,/:@%"
