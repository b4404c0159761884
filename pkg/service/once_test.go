package service_test

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bus-32, of participants that are handed the same message: whoever is first scans and
// decodes it, the others take what was read, or why it could not be.
func TestMessageIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.elsewhere(t, registered("web"), registered("api"))
		onces, bad := map[events.Position]*service.Once{}, eventOf(registered("api"), 1).StreamSubject()
		hand := func(m service.Message, body []byte) service.Message {
			if onces[m.Pos] == nil {
				onces[m.Pos] = &service.Once{}
			}
			m.Once, m.Body = onces[m.Pos], body
			return m
		}
		good := eventOf(registered("web"), 1).StreamSubject()
		l.spoiled[good] = func(m service.Message) service.Message { return hand(m, m.Body) }
		l.spoiled[bad] = func(m service.Message) service.Message { return hand(m, []byte("{")) }
		first := start(t, pausing(), l, service.Options{}, 0)
		pass(time.Second)
		l.spoiled[good] = func(m service.Message) service.Message { return hand(m, nil) } // nobody looks at it again
		l.spoiled[bad] = func(m service.Message) service.Message { return hand(m, m.Body) }
		second := start(t, pausing(), l, service.Options{}, 0)
		pass(time.Second)
		first.end()
		second.end()
		if want := []string{"deployer 1:2 unreadable", "deployer 1:2 unreadable"}; !slices.Equal(l.dead, want) {
			t.Errorf("dead letters %v", l.dead)
		}
		if said := l.names("deployer"); !slices.Contains(said, "release.paused web/1") {
			t.Errorf("said %v", said)
		}
	})
}

// bus-32, of what one participant does not hear and another has read: it stops nobody
// who would have dropped it unread.
func TestMessageReadForOthersIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		foreign := events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}                      // of an owner nobody hears
		unheard := events.BrakeEngaged{OfBrake: events.OfBrake{App: "web"}, Scope: "pool"} // of one of whom another kind is heard
		l.spoiled[eventOf(foreign, 1).StreamSubject()] = func(m service.Message) service.Message {
			m.Once, m.Body = &service.Once{}, nil
			return m
		}
		l.spoiled[eventOf(unheard, 1).StreamSubject()] = func(m service.Message) service.Message {
			m.Once, m.Body = &service.Once{}, bytes.Replace(m.Body, []byte(`"scope":"pool"`), []byte(`"scope":123456`), 1)
			return m
		}
		l.elsewhere(t, foreign, registered("web"), unheard, registered("web"))
		r := start(t, pausing(), l, service.Options{}, 0)
		pass(time.Second)
		r.end()
		if said := l.names("deployer"); len(said) != 2 || len(l.dead) > 0 {
			t.Errorf("said %v, dead letters %v", said, l.dead)
		}
	})
}
