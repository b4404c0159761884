package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/recovery"
)

// noProgram is the command of a release that never serves: no other try of it can do
// better, so that it is given up at once.
var noProgram = []string{"/slipway-drill/no-such-program"}

// badRatio is the share of requests that a bad canary fails.
const badRatio = 0.4

func drillRelease(env *Env) *cobra.Command {
	cmd := env.drillVerb("bad-release APP", "Declare a release that cannot serve, and see it taken back",
		"  slipway drill bad-release shop -y\n  slipway drill bad-release shop -y -o json",
		func(_ context.Context, d *drilling, name string) (*drill, error) {
			a, err := d.app(name)
			if err != nil {
				return nil, err
			}
			if a.Stable == 0 || a.Live != 0 || a.Accepted == nil || a.Retired {
				return nil, fault.New("SLW-D018", "%s has nothing to return to, or is on its way already", name).
					Serving("%s", d.servingWords(name)).Try("slipway status " + name)
			}
			doc, how := spoiled(a.Accepted.Document)
			deadline, revert := time.Duration(doc.Deploy.DeadlineMs)*time.Millisecond, time.Duration(doc.Deploy.RevertMs)*time.Millisecond
			return &drill{
				kind: "bad-release", target: name, apps: []string{name},
				says: []string{
					fmt.Sprintf("bad-release: declare %s as %s, %s; %s", name, doc.Version, how, d.servingWords(name)),
					fmt.Sprintf("promised: given up within %s, rolled back within %s of that; what is declared then is the bad release: deploy the good one again", deadline, revert),
				},
				begin: func(ctx context.Context) (time.Time, error) {
					return d.declareBad(ctx, doc)
				},
				watch: func(injected time.Time) *recovery.Watch {
					return recovery.BadRelease(injected, name, deadline, revert)
				},
			}, nil
		})
	cmd.ValidArgsFunction = env.appNames
	return cmd
}

// declareBad declares a release that cannot serve; it returns when that was accepted.
func (d *drilling) declareBad(ctx context.Context, doc events.Document) (time.Time, error) {
	before := d.log.Position()
	_, at, err := d.wish(ctx, events.WishAppDeclared{OfApp: events.OfApp{App: doc.Name}, Document: doc})
	if err != nil {
		return time.Time{}, err
	}
	within, cancel := context.WithTimeout(ctx, drillAnswer)
	defer cancel()
	answer, err := d.bus.Answer(within, at, before, events.Filter(doc.Name, "deployer", "", "", ""))
	if err != nil && ctx.Err() == nil {
		return time.Time{}, fault.New("SLW-D015", "%s", d.silence(ctx)).Try("slipway services")
	}
	if err != nil {
		return time.Time{}, d.away(ctx, err)
	}
	if no, refused := answer.Data.(events.ReleaseRefused); refused {
		var reasons []fault.Refusal
		for _, r := range no.Reasons {
			reasons = append(reasons, fault.Refusal{Word: r.Code, Text: r.Text})
		}
		return time.Time{}, fault.Refused("bad-release of "+doc.Name, reasons).Rests(answer.ID, answer.Pos.Seq)
	}
	return answer.At(), nil
}

// spoiled is a document that cannot serve, and how: a canary that is judged by what it
// answers answers errors; any other one never starts, or it would be promoted.
func spoiled(doc events.Document) (bad events.Document, how string) {
	doc.Version += "-drill"
	doc.Hooks = events.Hooks{}
	if doc.Deploy.Strategy == events.Canary && judged(doc.Deploy) && doc.Health.Ready.Kind == events.CheckHTTP {
		doc.Artifact, doc.Health.Ready.Path = nil, "/healthz"
		doc.Command = []string{"slipway", "example", "http", "--version", doc.Version, "--fail-ratio", strconv.FormatFloat(badRatio, 'g', -1, 64)}
		return doc, fmt.Sprintf("which fails %g %% of its requests", 100*badRatio)
	}
	doc.Artifact, doc.Command = nil, noProgram
	return doc, "whose program does not exist"
}

// judged tells whether a release is judged by what is measured of it.
func judged(p events.DeployPolicy) bool {
	if p.Analysis != nil {
		return true
	}
	for _, s := range p.Steps {
		if len(s.Analysis) > 0 {
			return true
		}
	}
	return false
}
