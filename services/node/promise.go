package node

import (
	"fmt"

	"slipway.dev/pkg/service"
)

// Check is what a node promises of itself: no port is given twice, what is held does not run, what is stopped was withdrawn,
// and what runs has an intent to start behind it.
func Check(s *State) error {
	if !s.whole() {
		if err := s.firstBroken(); err != nil {
			return err
		}
	}
	if s.NextPort < firstPort || s.NextPort > lastPort {
		return fmt.Errorf("next port %d is not of %d to %d", s.NextPort, firstPort, lastPort)
	}
	return nil
}

// whole tells whether no instance breaks anything. It looks in no order, so that a look costs little where all is well.
func (s *State) whole() bool {
	var given [1 << 16 / 64]uint64 // a bit for each port
	for id, i := range s.Instances {
		if checkInstance(id, i, s.Incarnation) != nil {
			return false
		}
		for _, port := range i.Ports {
			if port < 0 || port >= 1<<16 || given[port/64]&(1<<(port%64)) != 0 {
				return false
			}
			given[port/64] |= 1 << (port % 64)
		}
	}
	return true
}

// firstBroken is what the first instance that breaks something breaks, the same for every twin.
func (s *State) firstBroken() error {
	holder := map[int]string{}
	for _, id := range service.Sorted(s.Instances) {
		i := s.Instances[id]
		if err := checkInstance(id, i, s.Incarnation); err != nil {
			return err
		}
		for _, name := range service.Sorted(i.Ports) {
			port := i.Ports[name]
			if other, twice := holder[port]; twice {
				return fmt.Errorf("port %d is given to %s and to %s", port, other, id)
			}
			holder[port] = id
		}
	}
	return nil
}

func checkInstance(id string, i *Instance, incarnation int) error {
	switch {
	case i.Held && i.Try > 0:
		return fmt.Errorf("%s is held and was started %d times", id, i.Try)
	case i.runs() && i.Try < 1:
		return fmt.Errorf("%s is %s and was never started", id, i.Phase)
	case i.Phase == Stopping && i.Withdrawn == nil:
		return fmt.Errorf("%s is stopping and nobody withdrew it", id)
	case i.Phase == Exited && i.Exit == nil:
		return fmt.Errorf("%s exited and nobody said how", id)
	case !i.runs() && i.Phase != Stopping && len(i.Ports) > 0:
		return fmt.Errorf("%s is %s and holds %d ports", id, i.Phase, len(i.Ports))
	case i.ReadyBoot > incarnation:
		return fmt.Errorf("%s is ready for boot %d of %d", id, i.ReadyBoot, incarnation)
	}
	return nil
}
