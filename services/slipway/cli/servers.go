package cli

import (
	"net/url"
	"slices"
	"strings"

	"slipway.dev/services/slipway/fault"
)

// schemes are how a NATS server can be reached.
var schemes = []string{"nats", "tls", "ws", "wss"}

// badServers refuses what is no list of addresses of servers: nobody would ever answer
// there.
func badServers(flag, list string) error {
	for _, text := range strings.Split(list, ",") {
		text = strings.TrimSpace(text)
		whole := text
		if !strings.Contains(whole, "://") {
			whole = "nats://" + whole
		}
		u, err := url.Parse(whole)
		if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
			return fault.New("SLW-U002", "%s %q is no address of a NATS server, such as nats://127.0.0.1:4222", flag, text)
		}
	}
	return nil
}
