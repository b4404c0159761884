package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Terminal is a pseudo terminal in which somebody has typed a command.
type Terminal struct {
	plane *Plane
	us    *os.File // our end of it
	cmd   *exec.Cmd
	done  chan struct{}

	mu     sync.Mutex
	screen *Screen
	raw    bytes.Buffer
}

// Above stands on the screen before the command says anything: it must stay.
const Above = "what was here before"

// Types runs a verb in a terminal of its own, of so many columns and rows. The
// variables are added to its environment.
func (p *Plane) Types(columns, rows int, variables []string, args ...string) *Terminal {
	p.t.Helper()
	us, theirs := p.pty()
	t := &Terminal{plane: p, us: us, done: make(chan struct{}), screen: NewScreen(columns, rows)}
	t.size(columns, rows)
	t.cmd = exec.Command("/bin/sh", append([]string{"-c", `echo "` + Above + `"; exec "$0" "$@"`, p.binary}, args...)...)
	env := slices.DeleteFunc(slices.Clone(p.env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "LC_") || slices.Contains([]string{"LANG", "TERM", "NO_COLOR", "COLORTERM"}, name)
	})
	t.cmd.Env, t.cmd.Dir = append(append(env, "TERM=xterm-256color", "LANG=C.UTF-8"), variables...), p.Dir
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = theirs, theirs, theirs
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := t.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	theirs.Close()
	go t.watch()
	p.t.Cleanup(func() {
		_ = t.cmd.Process.Kill() // it has ended, unless the test failed
		<-t.done
	})
	return t
}

// pty makes a pseudo terminal.
func (p *Plane) pty() (us, theirs *os.File) {
	p.t.Helper()
	us, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(us.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(us.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		p.t.Fatalf("pseudo terminal: %v", err)
	}
	return us, theirs
}

// watch shows on the screen what is written, until nobody can write any more.
func (t *Terminal) watch() {
	defer close(t.done)
	defer t.us.Close()
	b := make([]byte, 4096)
	for {
		n, err := t.us.Read(b)
		t.mu.Lock()
		t.raw.Write(b[:n])
		_, _ = t.screen.Write(b[:n])
		t.mu.Unlock()
		if err != nil { // EIO: the other end is closed
			_ = t.cmd.Wait()
			return
		}
	}
}

// Look calls look with the screen as it is.
func (t *Terminal) Look(look func(s *Screen)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	look(t.screen)
}

// Text is the screen as it is.
func (t *Terminal) Text() (text string) {
	t.Look(func(s *Screen) { text = s.Text() })
	return text
}

// Raw is all that was written.
func (t *Terminal) Raw() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.raw.String()
}

// poll is how often a screen is looked at.
const poll = 10 * time.Millisecond

// Until waits until all the words are on the screen at once.
func (t *Terminal) Until(words ...string) string {
	t.plane.t.Helper()
	text := ""
	has := func() bool {
		text = t.Text()
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}
	for deadline := time.Now().Add(20 * time.Second); !has(); {
		if time.Now().After(deadline) {
			t.plane.t.Fatalf("%q are not on the screen:\n%s", words, text)
		}
		time.Sleep(poll)
	}
	return text
}

// Press types keys.
func (t *Terminal) Press(keys string) {
	t.plane.t.Helper()
	if _, err := t.us.WriteString(keys); err != nil {
		t.plane.t.Fatal(err)
	}
}

// Resize makes the terminal of another size.
func (t *Terminal) Resize(columns, rows int) {
	t.plane.t.Helper()
	t.Look(func(s *Screen) { s.resize(columns, rows) })
	t.size(columns, rows)
}

func (t *Terminal) size(columns, rows int) {
	t.plane.t.Helper()
	err := unix.IoctlSetWinsize(int(t.us.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)})
	if err != nil {
		t.plane.t.Fatal(err)
	}
}

// Ends waits for the end of the verb and compares its code.
func (t *Terminal) Ends(code int, within time.Duration) {
	t.plane.t.Helper()
	select {
	case <-t.done:
	case <-time.After(within):
		t.plane.t.Fatalf("it has not ended within %s:\n%s", within, t.Text())
	}
	if got := t.cmd.ProcessState.ExitCode(); got != code {
		t.plane.t.Fatalf("code %d, want %d:\n%s", got, code, t.Text())
	}
}
