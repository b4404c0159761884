package plane

import (
	"strings"
	"testing"
)

// Plain requests are sent to where clients find the TLS listener: its own port, unless
// something maps another one to it.
func TestWhereClientsFindTLS(t *testing.T) {
	for given, want := range map[int]int{0: 8443, 443: 443} {
		d := &door{secure: "127.0.0.1:8443", tls: TLS{Listen: "127.0.0.1:8443", Port: given}}
		hands, _, err := d.certificates(t.TempDir(), nil)
		if err != nil || hands.Port != want {
			t.Errorf("--tls-port %d: found at %d, want %d, %v", given, hands.Port, want, err)
		}
	}
	for _, bad := range []TLS{{Port: 443}, {Listen: "127.0.0.1:8443", Port: 70_000}, {Listen: "127.0.0.1:8443", Port: -1}} {
		if err := bad.check(); code(err) != "SLW-U002" || !strings.Contains(err.Error(), "--tls-port") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
