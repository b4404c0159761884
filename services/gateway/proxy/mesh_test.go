package proxy

import (
	"net/http"
	"testing"
)

// mesh opens a listener that is an app's own.
func (w *way) mesh(t *testing.T, app string) *way {
	t.Helper()
	l := listen(t)
	s := NewServer(l, w.Proxy, ServerConfig{App: app})
	s.SetState(Live)
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return &way{Proxy: w.Proxy, told: w.told, server: s, url: "http://" + l.Addr().String(), client: w.client}
}

func TestMesh(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "api", 1, func(rw http.ResponseWriter, r *http.Request) { rw.Write([]byte("api " + r.Host + " " + r.URL.Path)) })
	inside := want("api", 1, 1, e)
	inside.Route.Rules, inside.Route.Mesh = nil, Mesh{Port: 17000}
	w.apply(t, inside)
	m := w.mesh(t, "api")
	t.Run("a request at an app's own port is the app's, whatever host it names", func(t *testing.T) {
		for _, host := range []string{"127.0.0.1:17000", "nobody.example.com"} {
			if got := m.do(t, "GET", "/v1/users", "", "Host", host); got.status != 200 || got.body != "api "+host+" /v1/users" {
				t.Errorf("%s: %d %q", host, got.status, got.body)
			}
		}
		if got := m.do(t, "GET", HealthPath, ""); got.body[:3] != "api" {
			t.Errorf("the gateway's health path is not the app's: %q", got.body)
		}
	})
	t.Run("an app for others alone has no way in from outside", func(t *testing.T) {
		w.do(t, "GET", "/", "").is(t, 404, "no-route")
	})
	t.Run("its limits, gates and errors are those of calls from outside", func(t *testing.T) {
		held := inside
		held.Route.Generation, held.Route.Hold = 2, &Hold{Kind: HoldStop}
		w.apply(t, held)
		m.do(t, "GET", "/", "").is(t, 503, "stopped")
		small := inside
		small.Route.Generation, small.Route.Limits.BodyBytes = 3, 4
		w.apply(t, small)
		m.do(t, "POST", "/", "too much").is(t, 413, "body-too-large")
		empty := want("api", 4, 1)
		empty.Route.Rules, empty.Route.Mesh = nil, inside.Route.Mesh
		w.apply(t, empty)
		m.do(t, "GET", "/", "").is(t, 503, "no-endpoint")
		w.Remove("api")
		m.do(t, "GET", "/", "").is(t, 404, "no-route")
	})
	t.Run("a named port of the endpoints is asked where the route says so", func(t *testing.T) {
		x, _ := serve(t, "x", 1, says("grpc"))
		named := e
		named.ID, named.Ports = "named", map[string]string{"grpc": x.Address}
		d := want("api", 5, 1, named)
		d.Route.Mesh = Mesh{Port: 17000, Target: "grpc"}
		w.apply(t, d)
		if got := w.mesh(t, "api").do(t, "GET", "/", ""); got.body != "grpc" {
			t.Errorf("%d %q", got.status, got.body)
		}
	})
}
