package plane

import (
	"fmt"
	"testing"
)

func TestTrustedProxies(t *testing.T) {
	got, err := trusted([]string{"10.1.2.3/8", "192.0.2.7", "2001:db8::1", "2001:db8::/32"})
	if want := "[10.0.0.0/8 192.0.2.7/32 2001:db8::1/128 2001:db8::/32]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v %v, want %s", got, err, want)
	}
	for _, bad := range []string{"", "proxy.example.com", "10.0.0.0/33", "10.0.0", "fe80::1%eth0", "::ffff:10.0.0.1"} {
		if got, err := trusted([]string{bad}); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
