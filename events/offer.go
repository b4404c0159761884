package events

// How an endpoint offered from outside is known to be alive.
const (
	LivenessLease = "lease" // it renews slipway.lease.endpoint.<app>.<endpoint>
	LivenessProbe = "probe" // every gateway asks its probePath
)

// OfOffer names an endpoint that comes from outside.
type OfOffer struct {
	App      string `json:"app"`      // name of the app it serves
	Endpoint string `json:"endpoint"` // its integrator's name for it, unique in the app
}

// About places an offer: subject billing/b1.
func (o OfOffer) About() About { return About{App: o.App, Subject: Beside(o.App, o.Endpoint)} }

// WishEndpointOffered asks for an endpoint of the integrator's own to be listed.
type WishEndpointOffered struct {
	OfOffer
	Address   string            `json:"address"`             // host:port that gateways can reach
	Ports     map[string]string `json:"ports,omitempty"`     // host:port of further ports, by name
	Protocol  string            `json:"protocol,omitempty"`  // http (default), h2c, https, tcp
	Weight    *int              `json:"weight,omitempty"`    // 0..1000; absent: 100
	Zone      string            `json:"zone,omitempty"`      // failure domain
	Liveness  string            `json:"liveness,omitempty"`  // lease (default), probe
	ProbePath string            `json:"probePath,omitempty"` // for liveness probe; absent: /
	Tags      map[string]string `json:"tags,omitempty"`      // the integrator's own words, at most 16
}

// WishEndpointWithdrawn asks for an offered endpoint's end.
type WishEndpointWithdrawn struct {
	OfOffer
	Message string `json:"message,omitempty"` // the person's words
}
