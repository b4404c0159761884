package proxy

import (
	"net/http"
	"strconv"
)

var (
	movedToTLS    = &fault{http.StatusPermanentRedirect, "use-tls", "this host is served by TLS"}
	noCertificate = &fault{503, "no-certificate", "the host's certificate is not there yet"}
)

// secured refuses to serve in the clear what is to be served by TLS: the client is
// sent there once it can be served, and told to come again before. Other apps, on
// this machine, are not sent away.
func (x *exchange) secured() *fault {
	if !x.rule.TLS || x.mesh != "" || x.overTLS() {
		return nil
	}
	if x.p.tls.Port == 0 || x.p.tls.Certificate(x.r.Host) == nil {
		return noCertificate
	}
	x.w.Header().Set("Location", "https://"+x.p.tls.authority(x.r.Host)+x.r.URL.RequestURI())
	return movedToTLS
}

// overTLS reports whether the client spoke TLS, to us or to a proxy we trust.
func (x *exchange) overTLS() bool {
	return x.r.TLS != nil || x.r.Header.Get("X-Forwarded-Proto") == "https" && x.p.trusts(peer(x.r))
}

// authority is a host with the port of the TLS listener, unless that is the usual one.
func (t *TLS) authority(host string) string {
	host = canonicalHost(host)
	if t.Port == 443 {
		return host
	}
	return host + ":" + strconv.Itoa(t.Port)
}
