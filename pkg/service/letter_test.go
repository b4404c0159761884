package service_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// post is a line on which one event cannot be read until it is mended, and a person
// who asks about letters.
type post struct {
	*line
	t      *testing.T
	mended atomic.Bool
	asked  uint64
}

func newPost(t *testing.T, p events.Payload, at uint64) *post {
	l := &post{line: newLine(), t: t}
	l.spoiled[eventOf(p, 1).StreamSubject()] = func(m service.Message) service.Message {
		if m.Pos.Seq == at && !l.mended.Load() {
			m.Body = []byte("{")
		}
		return m
	}
	return l
}

// ask wishes something of a letter and lets it be answered.
func (l *post) ask(p events.Payload) {
	l.t.Helper()
	l.asked++
	w := events.NewWish("person:alice", p, time.Now(), "wish")
	body, err := events.Encode(w)
	if err != nil {
		l.t.Fatal(err)
	}
	l.wishes <- service.Message{Subject: w.StreamSubject(), Pos: events.Position{Era: 1, Seq: l.asked}, Stored: time.Now(), Body: body}
	pass(time.Second)
}

func letterOf(participant, position string) events.OfLetterWish {
	return events.OfLetterWish{Participant: participant, Position: position}
}

// reasons are those of the facts about letters.
func (l *post) reasons() (all []string) {
	ctx, cancel := context.WithCancel(context.Background())
	_ = l.Bus.Read(ctx, events.Position{}, nil, service.Reader{
		Deliver: func(m service.Message) error {
			if e, err := events.Parse(m.Subject, m.Header, m.Body); err == nil && e.Kind.Entity == "letter" {
				all = append(all, e.Kind.Happened+": "+e.Reason)
			}
			return nil
		},
		CaughtUp: cancel,
	})
	return all
}

// life runs a service from a snapshot, or from the first event, does something and
// returns the snapshot it leaves.
func (l *post) life(svc service.Service, from []byte, do func()) (left []byte) {
	l.t.Helper()
	r := start(l.t, svc, l.line, service.Options{Stream: "one", Start: from, Save: func(b []byte) { left = b }}, 0)
	pass(time.Second)
	do()
	r.end()
	return left
}

func TestDeadLetters(t *testing.T) {
	nothing := func() {}
	t.Run("bus-15 only the guard of an unreadable event parks; dropped, it goes on with what was noted, also on replay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"), registered("api"))
			parked := l.life(pausing(), nil, nothing)
			if said := l.names("deployer"); slices.Contains(said, "release.paused web/1") || !slices.Contains(said, "release.paused api/1") {
				t.Fatalf("while it is parked: said %v", said)
			}
			l.elsewhere(t, registered("web"))
			live := l.life(pausing(), parked, func() {
				l.ask(events.WishDropRequested{OfLetterWish: letterOf("deployer", "1:3")})
				l.ask(events.WishDropRequested{OfLetterWish: letterOf("deployer", "1:2")})
				l.ask(events.WishDropRequested{OfLetterWish: letterOf("deployer", "1:2")})
				l.elsewhere(t, registered("web"))
				pass(time.Second)
			})
			want := []string{"parked: unreadable", "refused: no event at 1:3 is parked", "dropped: person:alice asked", "refused: already dropped"}
			if got := l.reasons(); !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("letters %q", got)
			}
			if said := l.names("deployer"); !slices.Contains(said, "release.paused web/4") || slices.Contains(said, "release.paused web/5") || once(said, "release") != nil {
				t.Errorf("four of five can be read: said %v", said)
			}
			for name, from := range map[string][]byte{"the first event": nil, "the snapshot while it was parked": parked, "the last snapshot": live} {
				if got := l.life(pausing(), from, nothing); !bytes.Equal(got, live) {
					t.Errorf("folded from %s it is\n%s\nlive\n%s", name, got, live)
				}
			}
		})
	})
	t.Run("bus-15 requeued, an event that can be read now is folded in its order, and one that cannot stays parked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"))
			var parked []byte
			requeue := events.WishRequeueRequested{OfLetterWish: letterOf("deployer", "1:2")}
			parked = l.life(pausing(), nil, func() { l.ask(requeue) })
			if got := l.reasons(); len(got) != 2 || got[1][:9] != "refused: " || len(l.names("deployer")) != 2 {
				t.Fatalf("while it cannot be read: %q, said %v", got, l.names("deployer"))
			}
			l.mended.Store(true)
			live := l.life(pausing(), parked, func() {
				l.ask(requeue)
				l.ask(requeue)
			})
			if got := l.reasons(); len(got) != 4 || got[2] != "requeued: person:alice asked" || got[3] != "refused: already requeued" {
				t.Errorf("letters %q", got)
			}
			if said := l.names("deployer"); !slices.Contains(said, "release.paused web/3") || once(said, "release") != nil {
				t.Errorf("said %v", said)
			}
			for name, from := range map[string][]byte{"the first event": nil, "the snapshot while it was parked": parked} {
				if got := l.life(pausing(), from, nothing); !bytes.Equal(got, live) {
					t.Errorf("folded from %s it is\n%s\nlive\n%s", name, got, live)
				}
			}
			l.mended.Store(false) // a copy of an older version
			l.life(pausing(), nil, nothing)
			if got := l.reasons(); len(got) != 5 || got[4][:8] != "parked: " {
				t.Errorf("who still cannot read it says so: %q", got)
			}
		})
	})
	t.Run("bus-15 an event nobody can fold is let go only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 0)
			bad := registered("web")
			bad.Address = "panic"
			l.elsewhere(t, bad, registered("web"))
			live := l.life(pausing(), nil, func() {
				l.ask(events.WishRequeueRequested{OfLetterWish: letterOf("deployer", "1:1")})
				l.ask(events.WishDropRequested{OfLetterWish: letterOf("deployer", "1:1")})
			})
			if got := l.reasons(); len(got) != 3 || got[1] != "refused: panic: an endpoint nobody can fold" || got[2] != "dropped: person:alice asked" {
				t.Errorf("letters %q", got)
			}
			if said := l.names("deployer"); !slices.Contains(said, "release.paused web/1") {
				t.Errorf("said %v", said)
			}
			if got := l.life(pausing(), nil, nothing); !bytes.Equal(got, live) {
				t.Errorf("replayed it is\n%s\nlive\n%s", got, live)
			}
		})
	})
	t.Run("bus-15 under its own parked guard a participant says nothing but letters", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stray := events.InstanceStopped{OfInstance: instance("web-1-a9")}
			l := newPost(t, stray, 2)
			svc, driver := agency(), &hands{}
			svc.Driver = driver
			placed := events.PlacementPlaced{OfInstance: instance("web-1-a1")}
			live := l.life(svc, nil, func() {
				driver.sense(service.Signal{Data: boot{"one"}})
				pass(time.Second)
				l.elsewhere(t, stray, placed)
				pass(time.Second)
				driver.sense(service.Signal{Data: service.Broken{Name: "node", Key: "n1", Detail: "1 placed, 0 run"}}) // kept for later
				pass(time.Second)
				if said := l.names("node"); !slices.Equal(said, []string{"node.joined n1", "instance.stopped n1/web-1-a9", "letter.parked node-n1/1:2"}) {
					t.Fatalf("while its own guard stands still: said %v", said)
				}
				l.ask(events.WishDropRequested{OfLetterWish: letterOf("node-n1", "1:2")})
			})
			if said := l.names("node"); !slices.Contains(said, "instance.starting n1/web-1-a1") || !slices.Contains(said, "guarantee.violated node-n1/node/n1") || once(said, "") != nil {
				t.Errorf("said %v", said)
			}
			if got := l.life(svc, nil, nothing); !bytes.Equal(got, live) {
				t.Errorf("replayed it is\n%s\nlive\n%s", got, live)
			}
		})
	})
}
