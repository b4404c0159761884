package service_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// What is measured reaches the deciders it touches; what cannot be read is set aside
// with the reason, and the next is heard.
func TestWhatIsMeasuredIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, heard := newLine(), []string(nil)
		svc := service.Service{
			Name: "deployer", Version: 1, Telemetry: []string{"slipway.telemetry.metrics.load.*"},
			New: func() []service.Machine {
				return []service.Machine{service.Of(service.Decider[struct{}, struct{}]{
					Owner: "deployer",
					New:   func(string) *struct{} { return &struct{}{} },
					Guard: func(app string) string { return events.Guard("deployer", app, "") },
					Keys:  appOf,
					Touches: func(sig service.Signal) []string {
						if m, ok := sig.Data.(service.Measured); ok {
							return []string{m.Data.(events.Load).App}
						}
						return nil
					},
					Evolve: func(string, *struct{}, *struct{}, events.Event) {},
					Sense: func(_, _ *struct{}, sig service.Signal, _ time.Time) {
						if m, ok := sig.Data.(service.Measured); ok {
							heard = append(heard, m.Source+" of "+m.Data.(events.Load).App)
						}
					},
				})}
			},
		}
		l.elsewhere(t, registered("web"))
		svc.Hears = pausing().Hears
		r := start(t, svc, l, service.Options{}, 0)
		for _, data := range []string{`{"app":"web","release":7}`, `[]`, `{"app":"web","release":8}`} {
			body, err := events.EncodeTelemetry(events.Telemetry{
				ID: "load/web/7/1", Source: "/slipway/metrics", Type: events.TypeLoad, Subject: "web/7", Data: []byte(data),
			})
			if err != nil {
				t.Fatal(err)
			}
			l.samples <- service.Message{Subject: events.LoadSubject("web"), Body: body}
		}
		synctest.Wait()
		r.end()
		if want := []string{"/slipway/metrics of web", "/slipway/metrics of web"}; !slices.Equal(heard, want) {
			t.Errorf("heard %v, want %v", heard, want)
		}
		if len(l.dead) != 1 {
			t.Errorf("set aside: %v", l.dead)
		}
	})
}
