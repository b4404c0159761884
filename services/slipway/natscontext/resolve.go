package natscontext

import (
	"strings"

	"slipway.dev/services/slipway/fault"
)

// Choice says what may name the context.
type Choice struct {
	Flag   string // --context
	Getenv func(string) string
}

// Resolve finds the context: the flag, SLIPWAY_CONTEXT, the person's choice,
// NATS_CONTEXT, NATS_URL, the only one there is.
func Resolve(c Choice) (Context, error) {
	home := HomeOf(c.Getenv)
	for _, name := range []string{c.Flag, c.Getenv("SLIPWAY_CONTEXT"), home.Chosen()} {
		if name != "" {
			return home.Load(Full(name))
		}
	}
	if name := c.Getenv("NATS_CONTEXT"); name != "" {
		return home.Load(name)
	}
	if url := c.Getenv("NATS_URL"); url != "" {
		return Context{Name: url, URL: url, Creds: c.Getenv("NATS_CREDS")}, nil
	}
	all, err := home.List()
	switch {
	case err != nil:
		return Context{}, err
	case len(all) == 1:
		return all[0], nil
	case len(all) == 0:
		return Context{}, fault.New("SLW-C001", "no cluster is known here").
			Because("there is no context, and NATS_URL is not set").
			Try("slipway dev", "slipway context save NAME --nats URL")
	}
	f := fault.New("SLW-C002", "%d contexts, and none is chosen", len(all)).Because("there are: " + strings.Join(names(all), ", "))
	for _, one := range all {
		f.Try("slipway context use " + one.Short())
	}
	return Context{}, f
}
