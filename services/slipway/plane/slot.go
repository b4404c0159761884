package plane

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"slipway.dev/services/slipway/fault"
)

// otherSlot is the name a successor takes: gw1-b after gw1-a, and back.
func otherSlot(id string) (string, bool) {
	if name, is := strings.CutSuffix(id, "-a"); is {
		return name + "-b", true
	}
	name, is := strings.CutSuffix(id, "-b")
	return name + "-a", is
}

// slotPart is what, in a gateway's data folder, is one slot's alone.
func slotPart(id string) string { return "gateway-" + url.PathEscape(id) }

// own takes the parts of the data folder that the names need. The gateway's passes
// from a process to its successor, so that no moment is without an owner.
func (c RunConfig) own(names []string, in inherited) (locks, error) {
	parts := owning(names)
	if slices.Contains(parts, "gateway") {
		parts = append(parts, slotPart(c.slot()))
	}
	if in.lock != nil {
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "gateway" })
	}
	taken, err := lock(c.Data, parts...)
	if err != nil || in.lock == nil {
		return taken, err
	}
	if err := own(in.lock); err != nil {
		taken.release()
		return nil, fault.New("SLW-C010", "name the owner of the data folder: %v", err)
	}
	return append(taken, in.lock), nil
}

// slot is the gateway's name.
func (c RunConfig) slot() string {
	if c.ID != "" {
		return c.ID
	}
	return DevGateway
}

// slotFree finds out whether a slot's process has ended.
func slotFree(data, slot string) bool {
	l, err := lock(data, slotPart(slot))
	l.release()
	return err == nil
}

// gateway is the lock of the gateway's part.
func (l locks) gateway() *os.File {
	i := slices.IndexFunc(l, func(f *os.File) bool {
		return f.Name() == nameLock || filepath.Base(f.Name()) == "gateway.lock"
	})
	if i < 0 {
		return nil
	}
	return l[i]
}
