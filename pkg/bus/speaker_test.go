package bus

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// speakerVariable makes this test binary a speaker and nothing else.
const speakerVariable = "SLIPWAY_TEST_SPEAKER"

// speaker is a process in which the live loop drives a service that says some facts in
// one decision, and which may not survive it.
type speaker struct {
	URL   string
	Facts int  // of the decision, behind the first fact of the log
	Dies  int  // at which message it sends, from 1; a batch is one; 0: never
	After bool // it is stored first, and its answer reaches nobody
}

// speak runs the speaker described until its standard input ends.
func speak(described string) error {
	var s speaker
	if err := json.Unmarshal([]byte(described), &s); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	b, err := Connect(ctx, Identity{Name: "speaker", URLs: []string{s.URL}})
	if err != nil {
		return err
	}
	defer b.Close()
	s.mortal(b)
	return service.Run(ctx, s.service(), lone{b}, service.Options{Ready: func() { fmt.Println("ready") }})
}

// start begins the process; wait ends it once it has caught up, unless it dies by
// itself, and returns how it ended.
func (s speaker) start(t *testing.T) (wait func() syscall.WaitStatus) {
	t.Helper()
	described, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), fmt.Sprintf("%s=%s", speakerVariable, described)), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		bufio.NewReader(out).ReadString('\n') // or its end
		close(ready)
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() { cmd.Process.Kill() })
	return func() syscall.WaitStatus {
		if s.Dies == 0 {
			<-ready
			in.Close()
		}
		select {
		case <-ended:
		case <-time.After(bound):
			t.Fatal("the speaker does not end")
		}
		return cmd.ProcessState.Sys().(syscall.WaitStatus)
	}
}

// mortal lets the process be killed with -9 at one message.
func (s speaker) mortal(b *Bus) {
	sent := 0
	around := func(send func()) {
		sent++
		dies := sent == s.Dies
		if dies && !s.After {
			die()
		}
		send()
		if dies {
			die()
		}
	}
	publish := b.publish
	b.publish = func(ctx context.Context, m *nats.Msg) (ack *jetstream.PubAck, err error) {
		around(func() { ack, err = publish(ctx, m) })
		return ack, err
	}
	b.publishBatch = func(ctx context.Context, ms []*nats.Msg) (ack batchAck, err error) {
		id, err := b.beginBatch(ctx, ms) // its first message has been taken
		if err == nil {
			around(func() { ack, err = b.commitBatch(ctx, id, ms) })
		}
		return ack, err
	}
}

func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// tally is how many releases have been paused, one after the other.
type tally struct{ Said, Wrong int }

// service wants as many releases paused as the speaker has facts, beside the first.
func (s speaker) service() service.Service {
	return service.Service{
		Name: "deployer", Version: 1, Says: []events.Kind{events.K[events.ReleasePaused]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[tally, struct{}]{
				Owner: "deployer",
				New:   func(string) *tally { return &tally{} },
				Guard: func(app string) string { return events.Guard("deployer", app, "") },
				Keys:  func(e events.Event) []string { return []string{e.App} },
				Evolve: func(_ string, y *tally, _ *struct{}, e events.Event) {
					if d, ok := e.Data.(events.ReleasePaused); ok && d.Release == y.Said+1 {
						y.Said++
					} else {
						y.Wrong++
					}
				},
				Decide: func(y *tally, _ *struct{}, _ time.Time) (say service.Says) {
					for r := y.Said + 1; y.Said > 0 && r <= 1+s.Facts; r++ {
						say.Because(service.Cause{}, "%d of %d", r-1, s.Facts).Fact(events.ReleasePaused{
							OfRelease: events.OfRelease{App: testApp, Release: r}, Cause: "manual",
						})
					}
					return say
				},
				Check: func(y *tally, _ *struct{}) error {
					if y.Wrong > 0 || y.Said > 1+s.Facts {
						return fmt.Errorf("%d paused of %d, %d out of turn", y.Said-1, s.Facts, y.Wrong)
					}
					return nil
				},
			})}
		},
	}
}

// lone is a bus for a service that hears no leases and has none.
type lone struct{ *Bus }

func (lone) Leases(ctx context.Context, _ []string, _ service.Reader) error {
	<-ctx.Done()
	return ctx.Err()
}

func (lone) Lease(string, events.LeaseBody) {}

func (lone) Dead(_ context.Context, _ string, m service.Message, verdict, reason string) error {
	return fmt.Errorf("%s at %s: %s", verdict, m.Pos, reason)
}
