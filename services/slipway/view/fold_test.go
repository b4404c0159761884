package view

import (
	"bytes"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// messages are a story as the log holds it.
func (s *story) messages() (log []service.Message) {
	s.t.Helper()
	for _, e := range s.said {
		body, err := events.Encode(e)
		if err != nil {
			s.t.Fatal(err)
		}
		log = append(log, service.Message{Subject: events.Subject(e.Kind, e.App, e.Place), Pos: e.Pos, Stored: e.Stored, Body: body})
	}
	return log
}

func (s *story) fold(entity, id string) *Fold {
	s.t.Helper()
	f, ok := NewFold(deployer.Config{DefaultDomain: "localhost"}, entity, id)
	if !ok {
		s.t.Fatalf("nobody folds %s", entity)
	}
	return f
}

// state is a fold's, which must be readable.
func (s *story) state(f *Fold) []byte {
	s.t.Helper()
	b, err := f.State()
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// TestFold: each key by the machine that decides it, from the first event or from a
// snapshot of any place on the way.
func TestFold(t *testing.T) {
	s := newStory(t)
	s.serve()
	log := s.messages()
	for _, key := range [][2]string{{"app", "shop"}, {"placement", "cluster"}, {"pool", "shop"}, {"lease", "node-n1"}, {"node", "n1"}, {"gateway", "gw1-a"}} {
		whole := s.fold(key[0], key[1])
		if s.state(whole) != nil {
			t.Errorf("%s is known before the first event", key)
		}
		for _, m := range log {
			whole.Hear(m)
		}
		if len(s.state(whole)) == 0 || whole.Position() != log[len(log)-1].Pos {
			t.Fatalf("%s: %s at %s", key, s.state(whole), whole.Position())
		}
		for cut := range log {
			if !whole.Shared() {
				break // its snapshot is on its own machine
			}
			early, late := s.fold(key[0], key[1]), s.fold(key[0], key[1])
			for _, m := range log[:cut] {
				early.Hear(m)
			}
			snapshot, err := early.core.Export("1 now")
			if err != nil {
				t.Fatal(err)
			}
			late.Begin(snapshot, "1 now", log[len(log)-1].Pos)
			for _, m := range log[cut:] {
				late.Hear(m)
			}
			if !bytes.Equal(s.state(late), s.state(whole)) {
				t.Errorf("%s from a snapshot behind %d events\nis   %s\nwant %s", key, cut, s.state(late), s.state(whole))
			}
		}
	}
	if s.state(s.fold("node", "n9")) != nil {
		t.Error("there is no n9")
	}
	if _, ok := NewFold(deployer.Config{}, "weather", "n1"); ok {
		t.Error("somebody folds the weather")
	}
}

// TestBegin: a snapshot that does not fit is no beginning.
func TestBegin(t *testing.T) {
	s := newStory(t)
	s.serve()
	early := s.fold("app", "shop")
	for _, m := range s.messages() {
		early.Hear(m)
	}
	snapshot, err := early.core.Export("1 now")
	if err != nil {
		t.Fatal(err)
	}
	end := early.Position()
	for name, c := range map[string]struct {
		snapshot []byte
		stream   string
		end      events.Position
		begins   events.Position
	}{
		"fits":             {snapshot, "1 now", end, end},
		"of another log":   {snapshot, "1 then", end, events.Position{}},
		"later than asked": {snapshot, "1 now", events.Position{Era: 1, Seq: end.Seq - 1}, events.Position{}},
		"unreadable":       {snapshot[:len(snapshot)/2], "1 now", end, events.Position{}},
	} {
		f := s.fold("app", "shop")
		f.Begin(c.snapshot, c.stream, c.end)
		if f.Position() != c.begins {
			t.Errorf("%s: begins behind %s", name, f.Position())
		}
	}
}
