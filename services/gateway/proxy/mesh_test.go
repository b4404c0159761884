package proxy

import (
	"net/http"
	"reflect"
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

// What an app is told differs from a direct call by these headers alone, and its answer
// by none.
func TestMeshChangesNothingElse(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "api", 1, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/plain")
		rw.Header().Add("X-Twice", "a")
		rw.Header().Add("X-Twice", "b")
		rw.WriteHeader(http.StatusTeapot)
		r.Header.Write(rw)
	})
	d := want("api", 1, 1, e)
	d.Route.Mesh = Mesh{Port: 17000}
	w.apply(t, d)
	m := w.mesh(t, "api")
	direct := &way{url: "http://" + e.Address, client: w.client}
	sent := []string{"Accept", "*/*", "User-Agent", "test", "X-Own", "1", "Cookie", "a=b", "Authorization", "Bearer x"}
	by, plain := m.do(t, "PUT", "/x?y=z", "body", sent...), direct.do(t, "PUT", "/x?y=z", "body", sent...)
	seen, wanted := lines(by.body), lines(plain.body)
	for _, name := range []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "Slipway-Request-Id", "Traceparent",
	} {
		if len(seen[name]) != 1 || wanted[name] != nil {
			t.Errorf("%s is %q, directly %q", name, seen[name], wanted[name])
		}
		delete(seen, name)
	}
	if !reflect.DeepEqual(seen, wanted) {
		t.Errorf("the app is told %v, directly %v", seen, wanted)
	}
	by.header.Del("Content-Length") // of the header told, which is longer
	plain.header.Del("Content-Length")
	by.header.Del("Date")
	plain.header.Del("Date")
	if by.status != plain.status || !reflect.DeepEqual(by.header, plain.header) {
		t.Errorf("answered %d %v, directly %d %v", by.status, by.header, plain.status, plain.header)
	}
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
