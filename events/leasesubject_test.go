package events

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestParseLease: both round trips are the identity.
func TestParseLease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(0, -1, MaxNameBytes).Filter(func(s string) bool { return s != none })
		kind := rapid.SampledFrom([]string{"node", "gateway", "service", "endpoint", "outsidealert"}).Draw(t, "kind")
		holder := rapid.SliceOfN(name, 1, 2).Draw(t, "holder")
		gotKind, got, err := ParseLease(LeaseSubject(kind, holder...))
		if err != nil || gotKind != kind || !slices.Equal(got, holder) {
			t.Errorf("%s %q came back as %s %q: %v", kind, holder, gotKind, got, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		subject := "slipway.lease." + rapid.StringMatching(`[a-zA-Z0-9_=.-]{0,20}`).Draw(t, "rest")
		kind, holder, err := ParseLease(subject)
		if err == nil && LeaseSubject(kind, holder...) != subject {
			t.Errorf("%q is read as %s %q", subject, kind, holder)
		}
	})
	for _, s := range []string{"", "slipway.lease", "slipway.lease.", "slipway.lease.node", "slipway.lease.node.", "slipway.lease.Node.n1", "slipway.lease.node.=4", "slipway.lease.node.=41", "slipway.event.node.n1"} {
		if _, _, err := ParseLease(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
