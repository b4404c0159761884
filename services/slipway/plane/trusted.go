package plane

import (
	"net/netip"

	"slipway.dev/services/slipway/fault"
)

// trusted reads the proxies whose word a gateway takes for where a request comes from:
// networks as 10.0.0.0/8, or single addresses.
func trusted(words []string) (nets []netip.Prefix, err error) {
	for _, w := range words {
		p, err := netip.ParsePrefix(w)
		if one, bad := netip.ParseAddr(w); err != nil && bad == nil && one.Zone() == "" {
			p, err = netip.PrefixFrom(one, one.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			return nil, fault.New("SLW-U002", "--trusted-proxies %q is no network such as 10.0.0.0/8 and no address", w)
		}
		nets = append(nets, p.Masked())
	}
	return nets, nil
}
