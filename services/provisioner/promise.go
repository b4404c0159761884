package provisioner

import (
	"errors"
	"fmt"

	"slipway.dev/pkg/service"
)

// check is what the provisioner promises.
func (s *State) check() error {
	if s.Wrong != "" {
		return errors.New(s.Wrong)
	}
	if len(s.Consumers) > MaxIntegrations {
		return fmt.Errorf("%d integrations, at most %d", len(s.Consumers), MaxIntegrations)
	}
	for _, name := range service.Sorted(s.Consumers) {
		if why := checkFilters(s.Consumers[name].Granted.Filters); why != "" {
			return fmt.Errorf("integration %s: %s", name, why)
		}
	}
	return nil
}
