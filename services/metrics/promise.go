package metrics

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// check is what metrics promises of what it remembers: it grows with what there is, and
// no window tells of more ready instances than the registry lists.
func (s *State) check() error {
	for _, name := range service.Sorted(s.Apps) {
		idle, ready := 0, 0
		for _, r := range s.Apps[name].Releases {
			if ready += r.Ready; !r.Listed {
				idle++
			}
			if r.Ready > 0 && !r.Listed {
				return fmt.Errorf("%s: %d instances ready of a release without endpoints", name, r.Ready)
			}
		}
		if idle > maxReleases || ready > events.MaxEndpoints {
			return fmt.Errorf("%s: %d releases without endpoints remembered, at most %d; %d instances ready, at most %d",
				name, idle, maxReleases, ready, events.MaxEndpoints)
		}
	}
	return nil
}
