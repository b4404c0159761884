package node

import (
	"testing"

	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

func TestScripts(t *testing.T) {
	alone := Config{Name: "n1", Address: "10.0.0.1", CPUMilli: 2000, MemoryBytes: 4 << 30}
	script.Run(t, "testdata", func() service.Service { return Service(alone, nil) }, senses()...)
	drilled := alone
	drilled.Drills = true
	script.Run(t, "testdata/drills", func() service.Service { return Service(drilled, nil) }, senses()...)
	taking := alone
	taking.TakeAlong = true
	script.Run(t, "testdata/dev", func() service.Service { return Service(taking, nil) }, senses()...)
}

func senses() []script.Option {
	return []script.Option{
		script.Sense[Boot]("boot"), script.Sense[Listed]("listed"), script.Sense[Content]("content"),
		script.Sense[ContentFailed]("content-failed"), script.Sense[Running]("running"), script.Sense[Ended]("ended"),
		script.Sense[Checked]("checked"), script.Sense[Confirmed]("confirmed"), script.Sense[Leave]("leave"),
		script.Relist(sinceBoot),
	}
}

// sinceBoot is what a driver's hands know after a crash of the loop alone: all that was sensed in the last boot.
func sinceBoot(sensed []service.Signal) []service.Signal {
	from := 0
	for n, s := range sensed {
		if _, ok := s.Data.(Boot); ok {
			from = n
		}
	}
	return sensed[from:]
}
