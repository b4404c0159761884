package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// trafficWindow is what is shown where --since does not say otherwise.
const trafficWindow = time.Minute

// gatewaySamples is where gateways tell what they counted.
const gatewaySamples = "slipway.telemetry.gateway.>"

func newTrafficCommand(env *Env) *cobra.Command {
	var watch bool
	var since string
	cmd := &cobra.Command{
		Use: "traffic [APP]", Short: "Show who gets the requests, how they fare, and hold them",
		Args:        cobra.MaximumNArgs(1),
		Example:     "  slipway traffic\n  slipway traffic shop --since 10m",
		Annotations: annotated("read", "0 3 5 130"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if watch {
				return env.watchTraffic(cmd.Context(), args, since)
			}
			return env.looking(cmd.Context(), "", func(ctx context.Context, s *session) error {
				window, err := s.window(ctx, since)
				if err != nil {
					return err
				}
				m := view.NewMeter()
				if err := s.samples(ctx, m, s.Now().Add(-window-view.Lookback)); err != nil {
					return s.away(ctx, err)
				}
				return s.showTraffic(m, args, window)
			})
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "again each second, until Ctrl-C")
	cmd.Flags().StringVar(&since, "since", "", "count from a time, or an age such as 10m (default: a minute)")
	cmd.AddCommand(trafficHold(env), trafficRelease(env), trafficEvict(env))
	return cmd
}

// window is how long before now --since lies.
func (s *session) window(ctx context.Context, since string) (time.Duration, error) {
	if since == "" {
		return trafficWindow, nil
	}
	from, err := s.when(ctx, since)
	if err != nil {
		return 0, err
	}
	window := s.Now().Sub(from)
	if window < time.Second {
		return 0, fault.New("SLW-U002", "--since %s: traffic is counted by the second, and not ahead", since)
	}
	return window, nil
}

// samples hears what gateways told since a time.
func (s *session) samples(ctx context.Context, m *view.Meter, since time.Time) error {
	return s.bus.Telemetry(ctx, gatewaySamples, since, false, func(t events.Telemetry) error {
		m.Hear(t)
		return nil
	})
}

// measureWait is how long a status waits for what the gateways counted.
const measureWait = 500 * time.Millisecond

// measure adds to documents what the gateways counted in the last minute: hearsay, so
// none is no fault, and of another moment there is none.
func (s *session) measure(ctx context.Context, apps []view.App) {
	if s.past != nil || s.Output != "json" && s.Output != "yaml" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, measureWait)
	defer cancel()
	m := view.NewMeter()
	if s.samples(ctx, m, s.Now().Add(-trafficWindow-view.Lookback)) != nil {
		return
	}
	for i := range apps {
		s.log.Measure(&apps[i], m, trafficWindow, s.Now())
	}
}

func (s *session) showTraffic(m *view.Meter, names []string, window time.Duration) error {
	if len(names) == 0 {
		names = s.log.Apps()
	}
	var list []view.Traffic
	for _, name := range names {
		t, ok := s.log.Traffic(name, m, window, s.Now())
		if !ok {
			return s.noApp(name)
		}
		list = append(list, t)
	}
	return s.show(s.document("TrafficList", list), func(w io.Writer) error { return s.trafficTable(w, list) })
}

func (s *session) trafficTable(w io.Writer, list []view.Traffic) error {
	t := output.NewTable("APP", "REQUESTS", "RPS", "FAILED", "ERRORS", "RETRIED", "CUT", "SPLIT", "HELD")
	for _, x := range list {
		held := ""
		if x.Held != nil {
			held = strconv.FormatInt(*x.Held, 10)
		}
		t.Row(x.App, whole(x.Requests), fmt.Sprintf("%.1f", x.RPS), whole(x.Failed), output.Percent(x.ErrorShare),
			whole(x.Totals.Retried), whole(x.Totals.Cut), splitWords(x), held)
	}
	if err := t.Write(w, s.width(w)); err != nil || s.Output != "wide" && len(list) != 1 {
		return err
	}
	return s.backendsTable(w, list)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// splitWords are the releases with the shares they have, and should have where that is
// another.
func splitWords(t view.Traffic) (words string) {
	for i, x := range t.Splits {
		if i > 0 {
			words += ", "
		}
		if x.Requests == 0 && len(t.Splits) == 1 { // none since it got its share
			return fmt.Sprintf("%d -", x.Release)
		}
		words += fmt.Sprintf("%d %s", x.Release, output.Percent(x.Measured))
		if len(t.Splits) > 1 {
			words += " of " + output.Percent(x.Want)
		}
	}
	return words
}

func (s *session) backendsTable(w io.Writer, list []view.Traffic) error {
	t := output.NewTable("BACKEND", "NODE", "RELEASE", "STATE", "BREAKER", "REQUESTS", "SHARE", "IN FLIGHT", "ERRORS", "P50", "P99")
	for _, x := range list {
		for _, b := range x.Backends {
			t.Row(b.Instance, b.Node, number(b.Release), b.State, b.Breaker, whole(b.Requests), output.Percent(b.Share),
				whole(b.InFlight), output.Percent(b.ErrorShare), millis(b.P50Ms), millis(b.P99Ms))
		}
	}
	if t.Len() == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return t.Write(w, s.width(w))
}

func millis(ms float64) string {
	if ms == 0 {
		return ""
	}
	return fmt.Sprintf("%.3g ms", ms)
}

// watchTraffic shows it again with each second's samples, until Ctrl-C.
func (e *Env) watchTraffic(ctx context.Context, names []string, since string) error {
	ctx, cancel := e.deadline(ctx, 0)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	window, err := s.window(ctx, since)
	if err != nil {
		return err
	}
	m := view.NewMeter()
	heard, ended := make(chan events.Telemetry, feedMax), make(chan error, 1)
	go func() {
		ended <- s.bus.Telemetry(ctx, gatewaySamples, s.Now().Add(-window-view.Lookback), true, func(t events.Telemetry) error {
			select {
			case heard <- t:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for {
		if err := s.drain(ctx, time.Second); err != nil {
			return s.unwatched(ctx, err)
		}
		for more := true; more; {
			select {
			case t := <-heard:
				m.Hear(t)
			case err := <-ended:
				return s.unwatched(ctx, err)
			default:
				more = false
			}
		}
		m.Forget(s.Now().Add(-window - view.Lookback))
		if err := s.showTraffic(m, names, window); err != nil {
			return err
		}
	}
}
