package doctor

import (
	"maps"
	"slices"
	"time"

	"slipway.dev/events"
)

// certificate is what the log says of a host's: who obtains it keeps trying, so one of
// which a sixth of its life is left has failed to be renewed since a third was.
type certificate struct {
	app, failed         string // failed: why the last order came to nothing
	notBefore, notAfter time.Time
}

const certificateFix = "slipway events --entity certificate -n 20"

func (r *reading) foldCertificate(e events.Event) {
	of := func(c events.OfCertificate) *certificate {
		if r.certificate == nil {
			r.certificate = map[string]*certificate{}
		}
		if r.certificate[c.Host] == nil {
			r.certificate[c.Host] = &certificate{}
		}
		r.certificate[c.Host].app = c.App
		return r.certificate[c.Host]
	}
	switch d := e.Data.(type) {
	case events.CertificateObtained:
		c := of(d.OfCertificate)
		c.notBefore, c.notAfter, c.failed = d.NotBefore, d.NotAfter, ""
	case events.CertificateFailed:
		of(d.OfCertificate).failed = e.Reason
	}
}

// certificates looks at those that gateways obtain; those given as files are not in the
// log. Of an app without a route none is needed.
func (r *reading) certificates(now time.Time) Check {
	n, first := 0, ""
	for _, host := range slices.Sorted(maps.Keys(r.certificate)) {
		c := r.certificate[host]
		if r.route[c.app] == 0 {
			continue
		}
		n++
		switch left := c.notAfter.Sub(now); {
		case c.notAfter.IsZero():
			return fail(certificateFix, "%s has none: %s", host, c.failed)
		case left <= 0:
			return fail(certificateFix, "%s ended at %s: %s", host, c.notAfter.UTC().Format(time.RFC3339), c.why())
		case !c.notBefore.IsZero() && left < c.notAfter.Sub(c.notBefore)/6:
			return warn(certificateFix, "%s ends at %s: %s", host, c.notAfter.UTC().Format(time.RFC3339), c.why())
		case first == "" || c.notAfter.Before(r.certificate[first].notAfter):
			first = host
		}
	}
	if n == 0 {
		return skip("no gateway obtains any")
	}
	return ok("%s, the first to end is %s at %s", plural(n, "host"), first, r.certificate[first].notAfter.UTC().Format(time.RFC3339))
}

func (c *certificate) why() string {
	if c.failed == "" {
		return "no gateway has renewed it"
	}
	return c.failed
}
