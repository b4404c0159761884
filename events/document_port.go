package events

const mainPort = "http" // the port that PORT and the health checks mean unless told otherwise

// Protocols of a port.
const (
	ProtocolHTTP  = "http"
	ProtocolH2C   = "h2c"
	ProtocolHTTPS = "https"
	ProtocolTCP   = "tcp"
)

// SpecPort is what an instance knows of a port.
type SpecPort struct {
	// Target is the port inside the instance; absent: the node allots one.
	Target int `json:"target,omitempty"`
	// HostPort is a fixed port of the node; absent: any.
	HostPort int `json:"hostPort,omitempty"`
	// Protocol spoken to the instance: http, h2c, https, tcp.
	Protocol string `json:"protocol"`
}

// DeclaredPort is a port and the way to it from outside.
type DeclaredPort struct {
	SpecPort
	// Hosts the gateway answers for; empty is the cluster's default host of the app.
	Hosts []string `json:"hosts,omitempty" steers:"true"`
	// NoHost says that there is no route from outside.
	NoHost bool `json:"noHost,omitempty" steers:"true"`
	// Path is the prefix routed here; it ends on a segment border.
	Path string `json:"path" steers:"true"`
	// Strip removes the prefix before the request goes on.
	Strip bool `json:"strip,omitempty" steers:"true"`
	// TLS is auto (a certificate by ACME) or secret; absent: off.
	TLS string `json:"tls,omitempty" steers:"true"`
	// TLSSecret names the secret that holds chain and key, with tls secret.
	TLSSecret string `json:"tlsSecret,omitempty" steers:"true"`
	// Listen is the gateway's own port, with protocol tcp.
	Listen int `json:"listen,omitempty" steers:"true"`
}

// Ways a port's certificate is had.
const (
	TLSAuto   = "auto"
	TLSSecret = "secret"
)

// Routed says whether a gateway sends requests to the port.
func (p DeclaredPort) Routed() bool {
	if p.Protocol == ProtocolTCP {
		return p.Listen > 0
	}
	return !p.NoHost
}

// DeclaredLimits are an instance's limits and those of its requests.
type DeclaredLimits struct {
	SpecLimits
	// HTTP limits apply to each request at the gateway.
	HTTP HTTPLimits `json:"http" steers:"true"`
}

// HTTPLimits bound one request; -1 is unlimited.
type HTTPLimits struct {
	// RequestMs is the whole request, from its first byte to its last.
	RequestMs int64 `json:"requestMs"`
	// ResponseMs is the wait for the response's header.
	ResponseMs int64 `json:"responseMs"`
	// DialMs is the wait for a connection to the instance.
	DialMs int64 `json:"dialMs"`
	// BodyBytes of a request's body.
	BodyBytes int64 `json:"bodyBytes"`
	// BodySilenceMs is the longest pause between two reads of a body.
	BodySilenceMs int64 `json:"bodySilenceMs"`
	// StreamIdleMs is how long a stream may stay without a byte.
	StreamIdleMs int64 `json:"streamIdleMs"`
	// InFlight requests per endpoint.
	InFlight int64 `json:"inFlight"`
}
