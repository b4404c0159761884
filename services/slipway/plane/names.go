package plane

import (
	"slices"
	"strings"

	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
)

const everything = "all"

// Names of `slipway run`, with what this version holds of them. The deployer holds
// the placer too; all is every participant without hands.
var Names = []string{"registry", "deployer", "metrics", "node", "gateway", "bus", everything}

// later are the names of parts that this version does not have.
var laterNames = []string{"scaler", "alerting", "secrets", "audit", "dashboard", "provisioner"}

// bound are the parts that own something of a data folder.
var bound = []string{"bus", "node", "gateway"}

// chosen checks the names and spells all out.
func chosen(names []string) (all []string, err error) {
	for _, name := range names {
		switch {
		case slices.Contains(laterNames, name):
			return nil, fault.New("SLW-U002", "%s is no part of this version", name).
				Because("there are: " + strings.Join(Names, ", "))
		case !slices.Contains(Names, name):
			f := fault.New("SLW-U002", "no participant is called %q", name).Because("there are: " + strings.Join(Names, ", "))
			if near := nearest.Of(name, Names); near != "" {
				f.Try("slipway run " + near)
			}
			return nil, f
		case name == everything:
			all = append(all, everything, "registry", "deployer", "metrics")
		default:
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return nil, fault.New("SLW-U002", "no participant is named").Because("there are: " + strings.Join(Names, ", "))
	}
	return all, nil
}

// owning are the parts of a data folder that the names need for themselves.
func owning(names []string) (parts []string) {
	for _, name := range names {
		if slices.Contains(bound, name) {
			parts = append(parts, name)
		}
	}
	return parts
}
