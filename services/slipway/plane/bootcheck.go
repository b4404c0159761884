package plane

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/metrics"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/fault"
)

const profileDev = "dev"

// folder judges where the store of a bus lies, before anything is started. What it
// returns without an error is a warning.
func folder(data, profile string) (warned []bus.Hazard, err error) {
	return tolerated(profile, data, bus.StoreHazards(data))
}

// tolerated lets a development server start with hazards and no other.
func tolerated(profile, data string, found []bus.Hazard) (warned []bus.Hazard, err error) {
	if len(found) == 0 || profile == profileDev {
		return found, nil
	}
	f := fault.New("SLW-C010", "profile %s does not start on %s: %s %s", profile, data, found[0].Setting, found[0].Detail)
	for _, h := range found {
		f.Because(h.String())
	}
	return nil, f
}

// streams judges the streams that a bus has made, and the log against the snapshots
// beside it.
func streams(ctx context.Context, b *bus.Bus, p bus.Profile, data string) (warned []bus.Hazard, err error) {
	if err := replaced(ctx, b); err != nil {
		return nil, err
	}
	refused, warned, err := b.Hazards(ctx, p, time.Now())
	if err != nil {
		return nil, err
	}
	more, err := tolerated(p.Name, data, refused)
	return append(more, warned...), err
}

// fold is what a snapshot tells about the log it was made from.
type fold struct {
	Position events.Position `json:"position"`
	Stream   string          `json:"stream"` // era and time of creation, as streamOf spells them
}

// replaced finds out whether a service has read a log that is not this one: of a later
// era, created at another time in the same one, or longer.
func replaced(ctx context.Context, b *bus.Bus) error {
	info, err := b.Info(ctx)
	if err != nil {
		return err
	}
	is := identity(info)
	for _, name := range []string{"deployer", "registry", provisioner.Owner, metrics.Owner} {
		body, err := busKeeper{b, name}.load(ctx)
		var was fold
		if err != nil || json.Unmarshal(body, &was) != nil {
			continue // none, or one that will not be begun from
		}
		if was.newer(info, is) {
			return fmt.Errorf("%w: %s has read to %s of the log %q, this is %q and ends at %s",
				service.ErrLogReplaced, name, was.Position, was.Stream, is, info.Last)
		}
	}
	return nil
}

// newer tells whether a snapshot cannot be of this log nor of an earlier era of it.
func (f fold) newer(info bus.Info, is string) bool {
	era, _, _ := strings.Cut(f.Stream, " ")
	var of uint32
	if n, _ := fmt.Sscan(era, &of); n == 0 {
		return false
	}
	switch {
	case of != info.Era:
		return of > info.Era
	case f.Stream != is:
		return true
	}
	return f.Position.After(info.Last)
}

// warn writes hazards that a bus starts with.
func warn(log zerolog.Logger, found []bus.Hazard) {
	for _, h := range found {
		log.Warn().Str("setting", h.Setting).Str("remedy", h.Remedy).Msg(h.Detail)
	}
}
