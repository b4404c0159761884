package events

// Limits of what is offered.
const (
	MaxOfferName     = 63   // bytes of an endpoint's name
	MaxOfferHost     = 253  // bytes of a host name
	MaxOfferWeight   = 1000 // requests are shared by it
	MaxOfferZone     = 32   // bytes
	MaxOfferPorts    = 16   // further ports
	MaxOfferTags     = 16   // an integrator's own words
	MaxOfferTagKey   = 63   // bytes
	MaxOfferTagValue = 128  // bytes
	MaxOfferBytes    = 2048 // of the whole record, so that a thousand of them fit a log's event
	OfferWeight      = 100  // where none is said: what an instance has
)

// How an endpoint offered from outside is known to be alive.
const (
	LivenessLease = "lease" // it renews slipway.lease.endpoint.<app>.<endpoint>
	LivenessProbe = "probe" // every gateway asks its probePath
)

// OfOffer names an endpoint that comes from outside.
type OfOffer struct {
	App      string `json:"app,omitempty"` // name of the app it serves; absent: the subject's
	Endpoint string `json:"endpoint"`      // its integrator's name for it, unique in the app
}

// About places an offer: subject billing/b1.
func (o OfOffer) About() About { return About{App: o.App, Subject: Beside(o.App, o.Endpoint)} }

// within names the app where the sender left that to the subject it published to.
func (o OfOffer) within(app string) OfOffer {
	if o.App == "" {
		o.App = app
	}
	return o
}

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

func (w WishEndpointOffered) inApp(app string) Payload {
	w.OfOffer = w.within(app)
	return w
}

// WishEndpointWithdrawn asks for an offered endpoint's end.
type WishEndpointWithdrawn struct {
	OfOffer
	Message string `json:"message,omitempty"` // the person's words
}

func (w WishEndpointWithdrawn) inApp(app string) Payload {
	w.OfOffer = w.within(app)
	return w
}
