package edge

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

func TestWhatAProbeFinds(t *testing.T) {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-r.Context().Done()
			return
		}
		code, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if r.Method != http.MethodGet || r.URL.RawQuery != "deep=1" {
			code = http.StatusTeapot
		}
		w.WriteHeader(code)
	}))
	s.Config.Protocols = p
	s.Start()
	defer s.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for _, protocol := range []string{proxy.ProtocolHTTP, proxy.ProtocolH2C} {
		client := prober(protocol)
		for path, want := range map[string]string{
			"/200?deep=1": "", "/302?deep=1": "", "/404?deep=1": "",
			"/500?deep=1": "status 500", "/503?deep=1": "status 503", "/silent": "no answer within 1s",
		} {
			err := question(t.Context(), client, gateway.Probe{Address: s.Listener.Addr().String(), Protocol: protocol, Path: path})
			if got := words(err); got != want {
				t.Errorf("%s %s: %q, want %q", protocol, path, got, want)
			}
		}
		if got := words(question(t.Context(), client, gateway.Probe{Address: nobody.Addr().String(), Path: "/"})); got != "it cannot be reached" {
			t.Errorf("nobody: %q", got)
		}
	}
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The second question follows a good answer within moments: an endpoint that comes is
// not waited for longer than it must be.
func TestTwoGoodAnswersComeSoon(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	d := New(Config{Name: "gw1-a"}, nil)
	said := make(chan gateway.Probed, 10)
	sense := func(sig service.Signal) { said <- sig.Data.(gateway.Probed) }
	d.sense.Store(&sense)
	ctx, cancel := context.WithCancel(t.Context())
	done, began := make(chan struct{}), time.Now()
	go func() {
		defer close(done)
		d.Do(ctx, service.Act{Data: gateway.Probe{App: "web", Endpoint: "b1", Address: s.Listener.Addr().String(), Path: "/"}})
	}()
	for range gateway.ProbesGood {
		if got := <-said; !got.Good || got.App != "web" || got.Endpoint != "b1" || got.Address == "" {
			t.Fatalf("%+v", got)
		}
	}
	if took := time.Since(began); took < probeAgain {
		t.Errorf("two answers within %s", took)
	}
	cancel()
	<-done
}
