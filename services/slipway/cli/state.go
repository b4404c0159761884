package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/plane"
	"slipway.dev/services/slipway/view"
)

// folded is the document State: one key's fold.
type folded struct {
	Entity  string          `json:"entity"`
	ID      string          `json:"id"`
	Service string          `json:"service"`
	State   json.RawMessage `json:"state"`
}

// Name is the key as a person writes it.
func (f folded) Name() string { return f.Entity + "/" + f.ID }

func newStateCommand(env *Env) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "state ENTITY/ID", Short: "Print what a service knows of one key, as JSON", Args: cobra.ExactArgs(1),
		Example:     "  slipway state app/shop\n  slipway state node/n1 --at 14:03\n  slipway state lease/gateway-gw1-a -o json",
		Annotations: annotated("read", "0 2 3 5"),
		RunE:        func(cmd *cobra.Command, args []string) error { return env.state(cmd.Context(), args[0], at) },
	}
	atFlag(cmd, &at)
	return cmd
}

func (e *Env) state(ctx context.Context, what, at string) error {
	ctx, cancel := e.deadline(ctx, readTimeout)
	defer cancel()
	entity, id, _ := strings.Cut(what, "/")
	f, ok := view.NewFold(e.config(), entity, id)
	if !ok || id == "" {
		return noEntity(what, entity)
	}
	s, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	end, err := s.foldKey(ctx, f, at)
	if err != nil {
		return s.away(ctx, err)
	}
	x := folded{Entity: entity, ID: id, Service: f.Service()}
	if x.State, err = f.State(); err != nil {
		return err
	}
	if x.State == nil {
		return noKey(x, f)
	}
	return s.showState(x, end)
}

func noEntity(what, entity string) error {
	f := fault.New("SLW-U002", "%q names no key: ENTITY/ID, such as app/shop", what).
		Because("entities: " + strings.Join(view.Entities, ", "))
	if entity == what {
		return f.Try("slipway state app/" + what)
	}
	if near := nearest.Of(entity, view.Entities); near != "" {
		f.Try("slipway state " + near + "/ID")
	}
	return f
}

// noKey says that the log knows nothing of a key, and which was probably meant.
func noKey(x folded, f *view.Fold) error {
	missing := fault.New("SLW-E001", "the %s knows no %s", x.Service, x.Name())
	if near := nearest.Of(x.ID, f.Keys()); near != "" && near != x.ID {
		return missing.Because(fmt.Sprintf("did you mean %q?", near)).Try("slipway state " + x.Entity + "/" + near)
	}
	return missing.Try("slipway events --id " + x.ID)
}

// foldKey folds up to what --at names, from a snapshot that fits or the first event,
// and returns where that is.
func (s *session) foldKey(ctx context.Context, f *view.Fold, at string) (end events.Position, err error) {
	if end, err = s.end(ctx, at); err != nil {
		return end, err
	}
	if f.Shared() {
		if snapshot, stream, err := plane.Kept(ctx, s.bus, f.Service()); err == nil { // a cache: none costs time
			f.Begin(snapshot, stream, end)
		}
	}
	return end, s.between(ctx, f.Position(), end, f.Filters(), f.Hear)
}

func (s *session) showState(x folded, end events.Position) error {
	d := output.Document{Kind: "State", Context: s.label.Name, At: end, Time: s.Now(), Single: x}
	return s.show(d, func(w io.Writer) error {
		var b bytes.Buffer
		if err := json.Indent(&b, x.State, "", "  "); err != nil {
			return fmt.Errorf("write state of %s: %w", x.Name(), err)
		}
		_, err := fmt.Fprintln(w, b.String())
		return err
	})
}
