package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

func newStatusCommand(env *Env) *cobra.Command {
	var watch, wait bool
	var at string
	cmd := &cobra.Command{
		Use: "status [APP…]", Short: "Show what serves, and what is on its way",
		Example:     "  slipway status\n  slipway status shop --wait\n  slipway status --at 14:03",
		Annotations: annotated("read", "0 1 3 5 7 124 130"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case at != "" && (watch || wait):
				return fault.New("SLW-U002", "--at looks back, --watch and --wait look on: one of them")
			case watch:
				return env.watchStatus(cmd.Context(), args)
			case wait:
				return env.waitStatus(cmd.Context(), args)
			}
			return env.looking(cmd.Context(), at, func(ctx context.Context, s *session) error {
				apps, err := s.apps(args)
				if err != nil {
					return err
				}
				s.measure(ctx, apps)
				return s.showStatus(apps)
			})
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "again at each change, until Ctrl-C")
	cmd.Flags().BoolVar(&wait, "wait", false, "until nothing is on its way; ends as deploy would have ended")
	atFlag(cmd, &at)
	return cmd
}

// apps are the states of these apps, or of all of them.
func (s *session) apps(names []string) (list []view.App, err error) {
	if len(names) == 0 {
		names = s.log.Apps()
	}
	for _, name := range names {
		app, ok := s.log.Status(name, s.then())
		if !ok {
			return nil, s.noApp(name)
		}
		list = append(list, app)
	}
	return list, nil
}

func (s *session) showStatus(apps []view.App) error {
	return s.show(s.document("AppList", apps), func(w io.Writer) error { return s.statusTable(w, apps) })
}

func (s *session) statusTable(w io.Writer, apps []view.App) error {
	if len(apps) == 0 {
		s.hint("no app is declared in " + s.label.Short() + "; next: " + s.aimed("slipway init hello && slipway deploy hello/app.yaml"))
	}
	t := output.NewTable("APP", "STATE", "RELEASE", "VERSION", "READY", "URL", "REASON")
	for _, a := range apps {
		release, version := current(a)
		url := ""
		if len(a.URLs) > 0 {
			url = a.URLs[0]
		}
		t.Row(a.App, a.State, release, version, fmt.Sprintf("%d/%d", a.Replicas.Ready, a.Replicas.Want), url, reasonOf(a))
	}
	if err := t.Write(w, s.width(w)); err != nil || s.Output != "wide" && len(apps) != 1 {
		return err
	}
	if err := s.releasesTable(w, apps); err != nil {
		return err
	}
	return s.checksTable(w, apps)
}

// releasesTable shows the instances of the releases below the apps.
func (s *session) releasesTable(w io.Writer, apps []view.App) error {
	t := output.NewTable("RELEASE", "VERSION", "STATE", "SHARE", "INSTANCE", "NODE", "INSTANCE STATE", "SINCE", "REASON")
	for _, a := range apps {
		for _, r := range a.Releases {
			name := view.ReleaseName(a.App, r.Release)
			if len(r.Instances) == 0 {
				t.Row(name, r.Version, r.State, output.Percent(r.Want))
			}
			for _, i := range r.Instances {
				t.Row(name, r.Version, r.State, output.Percent(r.Want), i.ID, i.Node, i.State, output.Age(s.then().Sub(i.Since.Time)), i.Reason)
			}
		}
	}
	return s.below(w, t)
}

// checksTable shows what judges the releases on their way, but for what they have passed.
func (s *session) checksTable(w io.Writer, apps []view.App) error {
	t := output.NewTable("RELEASE", "ANALYSIS", "CHECK", "VERDICT", "FOUND")
	for _, a := range apps {
		if a.Rollout == nil {
			continue
		}
		for _, c := range a.Rollout.Checks {
			if c.Concerns() {
				t.Row(view.ReleaseName(a.App, a.Rollout.Release), c.Run, c.Wants, c.Verdict, c.Said)
			}
		}
	}
	return s.below(w, t)
}

// below writes a table under another one, unless it is empty.
func (s *session) below(w io.Writer, t *output.Table) error {
	if t.Len() == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return t.Write(w, s.width(w))
}

// current is the release an app stands at, and the one it goes to.
func current(a view.App) (release, version string) {
	for _, r := range a.Releases {
		if r.Release == a.Current {
			version = r.Version
		}
	}
	switch {
	case a.Target != 0 && a.Current != 0 && a.Target != a.Current:
		return fmt.Sprintf("%d -> %d", a.Current, a.Target), version
	case a.Target != 0:
		return strconv.Itoa(a.Target), version
	case a.Current != 0:
		return strconv.Itoa(a.Current), version
	}
	return "", version
}

// reasonOf is why an app is as it is, and what its release waits for.
func reasonOf(a view.App) string {
	if a.Rollout != nil && len(a.Rollout.Missing) > 0 {
		return a.Reason + "; waits for: " + a.Rollout.Missing[0]
	}
	return a.Reason
}
