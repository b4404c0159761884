package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// checkOutputBytes is how much of an exec check's output is kept for the reason of its failure.
const checkOutputBytes = 4 << 10

// Check runs a health check once. Without HTTP, TCP and Exec it passes while the instance runs.
func (d *Driver) Check(ctx context.Context, id string, c driver.Check) error {
	if err := named(id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.WithDefaults().Timeout)
	defer cancel()
	switch {
	case c.HTTP != "":
		return driver.ProbeHTTP(ctx, c.Address, c.HTTP)
	case c.TCP:
		return driver.ProbeTCP(ctx, c.Address)
	}
	l, err := d.folder(id).look()
	switch {
	case err != nil:
		return err
	case l.Order == nil:
		return driver.ErrUnknown
	case !l.Kept || l.Exit != nil || l.Running == nil:
		return errors.New("it does not run")
	case len(c.Exec) > 0:
		return d.execute(ctx, id, l, c.Exec)
	}
	return nil
}

// execute runs argv in the instance's environment, directory, user and limits. The command is our own binary first, which
// confines itself and then becomes it: limits cannot be set between fork and exec from here.
func (d *Driver) execute(ctx context.Context, id string, l look, argv []string) error {
	path, err := d.checkPath(l, argv[0])
	if err != nil {
		return err
	}
	args := append(slices.Clone(d.config.Keeper[1:]), "run", string(d.folder(id)), path)
	cmd := exec.CommandContext(ctx, d.config.Keeper[0], append(args, argv...)...)
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 100 * time.Millisecond // a grandchild may hold the output open
	out := &head{left: checkOutputBytes}
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	if ctx.Err() != nil {
		return errors.New("timed out")
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w: %s", argv[0], err, out)
	}
	return nil
}

// checkPath finds the executable as Start does: absolute, `slipway`, or inside the artifact, here through its links in the
// working directory.
func (d *Driver) checkPath(l look, word string) (string, error) {
	if word == self || strings.HasPrefix(word, "/") {
		e, err := d.find(driver.Artifact{}, word)
		return e.path, err
	}
	if !local(word) {
		return "", refuse("command %q leaves the artifact", word)
	}
	return d.folder(l.Order.ID).path("work/" + word), nil
}

// head keeps the beginning of what is written to it.
type head struct {
	b    strings.Builder
	left int
}

func (h *head) Write(p []byte) (int, error) {
	n := min(h.left, len(p))
	h.b.Write(p[:n])
	h.left -= n
	return len(p), nil
}

func (h *head) String() string { return strings.ToValidUTF8(strings.TrimSpace(h.b.String()), "?") }
