package events

import "strings"

// MeshURL is the variable that tells an instance where an app it uses is reached:
// API_URL for api, USER_STORE_URL for user-store.
func MeshURL(app string) string {
	return strings.ToUpper(strings.ReplaceAll(app, "-", "_")) + "_URL"
}

// MeshPort names the port of an app that other apps' calls go to: the one PORT names if
// it speaks HTTP, else the first by name that does, else "".
func (d Document) MeshPort() string {
	spec := d.Spec()
	for _, name := range append([]string{spec.MainPort()}, spec.PortNames()...) {
		if p, ok := spec.Ports[name]; ok && p.speaksHTTP() {
			return name
		}
	}
	return ""
}

func (p SpecPort) speaksHTTP() bool { return p.Protocol != ProtocolTCP }
