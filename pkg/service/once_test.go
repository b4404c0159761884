package service_test

import (
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
