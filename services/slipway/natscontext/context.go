package natscontext

import (
	"fmt"
	"strings"

	"slipway.dev/services/slipway/fault"
)

// Prefix begins the name of every context of ours among a person's NATS contexts.
const Prefix = "slipway-"

// Context names a cluster: where it is and who asks. The JSON is the nats command
// line's.
type Context struct {
	Name        string `json:"-"` // of the NATS context: slipway-dev
	Description string `json:"description"`
	URL         string `json:"url"`   // server addresses, separated by commas
	Creds       string `json:"creds"` // absolute path of a credentials file; empty: none
	InboxPrefix string `json:"inbox_prefix"`
}

// Full is a context's whole name: dev and slipway-dev mean the same.
func Full(name string) string {
	if strings.HasPrefix(name, Prefix) {
		return name
	}
	return Prefix + name
}

// Short is the name without our prefix.
func (c Context) Short() string { return strings.TrimPrefix(c.Name, Prefix) }

// check refuses a name that could be a path.
func check(name string) error {
	if name == "" || name == Prefix || strings.Contains(name, "..") || strings.ContainsAny(name, "/\\\x00") {
		return fault.New("SLW-U002", "%q is not the name of a context", strings.TrimPrefix(name, Prefix)).
			Because("a name has no slash and no two dots in a row")
	}
	return nil
}

// missing says that there is no such context, and which there are.
func missing(name string, there []Context) error {
	f := fault.New("SLW-C001", "no context %s", name)
	if len(there) == 0 {
		return f.Because("there is no context at all").Try("slipway dev")
	}
	return f.Because(fmt.Sprintf("there are: %s", strings.Join(names(there), ", "))).Try("slipway context ls")
}

func names(all []Context) (list []string) {
	for _, c := range all {
		list = append(list, c.Name)
	}
	return list
}
