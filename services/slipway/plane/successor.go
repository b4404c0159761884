package plane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
)

const (
	// successorWait is how long a successor may take until it serves.
	successorWait = 30 * time.Second
	successorPace = 50 * time.Millisecond // of the looks at what it has said
)

// successor is the process that is to serve by this one's sockets.
type successor struct {
	slot string
	cmd  *exec.Cmd
	died chan error    // how it ended
	open chan struct{} // closed when it says that its listeners are open
}

// beget starts the program on disk in another slot, with copies of the sockets.
func beget(p program, slot string, sockets []*os.File, lock *os.File) (*successor, error) {
	word, heir, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer heir.Close()
	passed, names := sockets, []string{}
	for _, f := range sockets {
		names = append(names, f.Name())
	}
	passed, names = append(passed, lock, heir), append(names, nameLock, nameHeir)
	cmd := exec.Command(p.path, p.as(slot)...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, passed
	cmd.Env = append(heritable(os.Environ()), "LISTEN_FDS="+strconv.Itoa(len(passed)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	if err := cmd.Start(); err != nil {
		word.Close()
		return nil, err
	}
	s := &successor{slot: slot, cmd: cmd, died: make(chan error, 1), open: make(chan struct{})}
	go func() { s.died <- cmd.Wait() }()
	go func() {
		defer word.Close()
		if n, _ := word.Read(make([]byte, 1)); n > 0 {
			close(s.open)
		}
	}()
	return s, nil
}

// heritable is an environment without what systemd meant for one process alone.
func heritable(env []string) (all []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, "LISTEN_") && !strings.HasPrefix(v, "WATCHDOG_PID=") {
			all = append(all, v)
		}
	}
	return all
}

// serves waits until the log has what makes the successor take over: its joined, and
// that it has applied or refused every app that is served here; and until its
// listeners are open.
func (s *successor) serves(ctx context.Context, b facts, after events.Position, apps func() []string) error {
	w := words{pid: s.cmd.Process.Pid, at: after, said: map[string]bool{}}
	tick := time.NewTicker(successorPace)
	defer tick.Stop()
	open := s.open
	for {
		select {
		case <-open:
			open = nil
		case <-tick.C:
		case err := <-s.died:
			s.died <- err
			return fmt.Errorf("%s ended: %v", s.slot, ended(err))
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve after %s: joined %t, listens %t, nothing said of %v", s.slot, successorWait, w.joined, open == nil, w.missing(apps()))
		}
		if err := w.read(ctx, b, s.slot); err != nil {
			continue // the bus is away; there is time
		}
		if open == nil && w.joined && len(w.missing(apps())) == 0 {
			return nil
		}
	}
}

func ended(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// kill ends a successor that has not taken over.
func (s *successor) kill() {
	_ = s.cmd.Process.Kill() // one that has ended already is no failure
	s.died <- <-s.died
}

// facts is where the log is read.
type facts interface {
	Fetch(ctx context.Context, filter string, after, upTo events.Position, fn func(service.Message) error) error
}

// words are what a successor has said in the log.
type words struct {
	pid    int
	at     events.Position // read so far
	joined bool
	said   map[string]bool // of these apps
}

func (w *words) read(ctx context.Context, b facts, slot string) error {
	return b.Fetch(ctx, events.Guard(gateway.Owner, "", slot), w.at, events.Position{}, func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", m.Subject, err)
		}
		w.at = m.Pos
		w.hear(e)
		return nil
	})
}

func (w *words) hear(e events.Event) {
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		w.joined = d.Pid == w.pid
	case events.RoutingApplied:
		w.said[d.App] = w.joined
	case events.RoutingRefused:
		w.said[d.App] = w.joined
	}
}

func (w *words) missing(apps []string) (names []string) {
	for _, app := range apps {
		if !w.said[app] {
			names = append(names, app)
		}
	}
	return names
}
