package appfile

import "slipway.dev/events"

const tlsOff = "off" // in the file; nothing in a document

// tls checks how the hosts of a port come to a certificate.
func (c *checker) tls(p events.DeclaredPort, name string) {
	at := []string{"ports", name, "tls"}
	switch p.TLS {
	case "":
	case events.TLSAuto:
		if p.NoHost {
			c.refuse(Exclusive, at, "auto and a port without a host exclude one another: a certificate is for a host")
		}
	case events.TLSSecret:
		c.refuse(UnknownField, at, "a certificate from a secret is not built yet: use auto, or a file in the gateway's --cert-dir")
	default:
		c.add(Violation{Code: NotOneOf, path: at, message: "must be auto", got: p.TLS, quoted: true})
	}
	if p.TLSSecret != "" && p.TLS != events.TLSSecret {
		c.refuse(Exclusive, at, "the name of a secret is for tls secret alone")
	}
}
