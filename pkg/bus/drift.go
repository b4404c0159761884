package bus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// serverMeta begins the metadata the server adds by itself.
const serverMeta = "_nats."

// difference is how a stream differs from what is declared, field by field, as the
// server spells the fields.
type difference struct {
	allowed []string // may be changed in place
	refused []string
}

func (d difference) all() []string { return append(slices.Clone(d.refused), d.allowed...) }

// compare goes over every field the client library knows, so that a flag nobody has
// thought of is seen too.
func compare(want, have jetstream.StreamConfig) (d difference) {
	w, h := fields(want), fields(have)
	names := maps.Clone(w)
	maps.Copy(names, h)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if w[name] == h[name] {
			continue
		}
		line := fmt.Sprintf("%s %s -> %s", name, shown(h[name]), shown(w[name]))
		if changeable(name, want, have) {
			d.allowed = append(d.allowed, line)
		} else {
			d.refused = append(d.refused, line)
		}
	}
	return d
}

func changeable(name string, want, have jetstream.StreamConfig) bool {
	switch name {
	case "description", "metadata":
		return true
	case "max_bytes":
		return want.MaxBytes > have.MaxBytes
	case "num_replicas":
		return want.Replicas > have.Replicas
	case "subjects":
		return want.Name == events.StreamExt
	}
	return false
}

// fields spells a configuration as JSON values by name; what is empty is left out.
func fields(c jetstream.StreamConfig) map[string]string {
	c.Metadata = maps.Clone(c.Metadata)
	maps.DeleteFunc(c.Metadata, func(k, _ string) bool { return strings.HasPrefix(k, serverMeta) })
	b, err := json.Marshal(c)
	if err != nil {
		return map[string]string{"unreadable": err.Error()}
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return map[string]string{"unreadable": err.Error()}
	}
	all := make(map[string]string, len(raw))
	for name, v := range raw {
		switch s := string(v); s {
		case "null", "false", "0", `""`, "{}", "[]":
		default:
			all[name] = s
		}
	}
	return all
}

func shown(value string) string {
	if value == "" {
		return "none"
	}
	return value
}
