package gateway

import (
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// TestCertificateScripts plays the sentences about a gateway that obtains certificates.
func TestCertificateScripts(t *testing.T) {
	script.Run(t, "testdata/tls",
		func() service.Service {
			return Service(Config{Name: "gw1-a", Addresses: []string{"127.0.0.1:8080"}, TLS: &events.GatewayTLS{
				Addresses: []string{"127.0.0.1:8443"}, Directory: "https://acme.example/dir", Store: "s1",
			}}, nil)
		},
		script.Sense[Boot]("boot"), script.Sense[Applied]("applied"), script.Sense[Opened]("opened"),
		script.Sense[Healthy]("healthy"), script.Sense[Leave]("leave"), script.Sense[Emptied]("emptied"),
		script.Sense[Covered]("covered"), script.Sense[Opens]("opens"),
		script.Sense[Ordered]("ordered"), script.Sense[Installed]("installed"),
	)
}
