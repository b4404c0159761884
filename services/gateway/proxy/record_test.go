package proxy

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// last waits for the n-th record and returns it.
func (e *told) last(t testing.TB, n int) (r Record) {
	t.Helper()
	e.until(t, "a record", func() bool {
		if len(e.records) < n {
			return false
		}
		r = e.records[n-1]
		return true
	})
	return r
}

func TestARecordTellsWhatBecameOfARequest(t *testing.T) {
	w := newWay(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	good, _ := serve(t, "good", 7, says("hello"))
	dead := nobody(t, "dead", 7)
	w.applyDead(t, want("web", 3, 7, good))
	w.do(t, "POST", "/a/b?secret=1", "body", "X-Forwarded-For", "10.1.2.3", "Authorization", "Bearer planted",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").is(t, 200, "")
	r := w.last(t, 1)
	if r.App != "web" || r.Release != 7 || r.Endpoint != "good" || r.Generation != 3 || r.Method != "POST" || r.Path != "/a/b" || r.Query != "" {
		t.Errorf("%+v", r)
	}
	if r.Status != 200 || r.Code != "" || r.Proto != "HTTP/1.1" || r.BytesIn != 4 || r.BytesOut != 5 || r.Attempts != 1 || r.RetryReason != "" {
		t.Errorf("%+v", r)
	}
	if r.Client.String() != "10.1.2.3" || r.TraceID != "0af7651916cd43dd8448eb211c80319c" || r.RequestID == "" || r.FirstByte <= 0 || r.Duration < r.FirstByte {
		t.Errorf("%+v", r)
	}
	if strings.Contains(toJSON(r), "planted") || strings.Contains(toJSON(r), "secret") {
		t.Errorf("holds what no record may: %+v", r)
	}

	d := want("web", 4, 7, dead, good)
	d.Route.Access = Access{Query: true}
	w.applyDead(t, d)
	w.target(t, "dead").silent.Store(false) // as if it had just died
	retried := false
	for n := 2; n <= 8; n++ {
		w.do(t, "GET", "/?q=2", "").is(t, 200, "")
		r = w.last(t, n)
		if r.Query != "q=2" {
			t.Errorf("query %q", r.Query)
		}
		retried = retried || r.Attempts == 2 && r.RetryReason == "dial" && r.Endpoint == "good"
	}
	if !retried {
		t.Error("no request met the dead endpoint")
	}
	w.do(t, "GET", "/", "", "Host", "x", "Traceparent", "made up")
	if r := w.last(t, 9); len(r.TraceID) != 32 {
		t.Errorf("trace %q", r.TraceID)
	}
}

func (w *way) target(t testing.TB, endpoint string) *Target {
	t.Helper()
	w.Proxy.mu.Lock()
	defer w.Proxy.mu.Unlock()
	return w.Proxy.desks["web"].seats[endpoint].target
}

func TestRecordsAreThinnedByAnExactShareAndFaultsNever(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "e", 1, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(500)
		}
	})
	d := want("web", 1, 1, e)
	d.Route.Access = Access{ThinBp: 7500}
	w.apply(t, d)
	for range 40 {
		w.do(t, "GET", "/", "")
		w.do(t, "GET", "/bad", "")
	}
	w.last(t, 80)
	kept := map[int]int{}
	for _, r := range w.records {
		if !r.Thinned {
			kept[r.Status]++
		}
	}
	if kept[200] != 10 || kept[500] != 40 {
		t.Errorf("kept %v of 40 each, want 10 of 200 and all of 500", kept)
	}
}

func TestLoadsTellOfTheSplitAndOfWhatIsInside(t *testing.T) {
	w := newWay(t, Config{})
	inside, leave := make(chan bool), make(chan bool)
	slow, _ := serve(t, "s", 1, func(http.ResponseWriter, *http.Request) { inside <- true; <-leave })
	quick, _ := serve(t, "c", 2, says("canary"))
	d := splitRoute(2500, slow, quick)
	d.Route.Generation = 9
	w.apply(t, d)
	done := make(chan error, 3)
	for range 3 {
		go func() { _, err := w.ask("GET", "/", ""); done <- err }()
		<-inside
	}
	w.do(t, "GET", "/", "") // the fourth is the canary's
	l := w.Loads()
	if len(l) != 1 || l[0].App != "web" || l[0].Generation != 9 || *l[0].Split != (Split{Release: 2, Generation: 9, ShareBp: 2500, Requests: 4, Wanted: 1, Admitted: 1}) {
		t.Errorf("%s", toJSON(l))
	}
	if e := l[0].Endpoints; len(e) != 2 || e[1] != (EndpointLoad{ID: "s", Release: 1, InFlight: 3}) || e[0].InFlight != 0 {
		t.Errorf("%s", toJSON(l))
	}
	for range 3 {
		leave <- true
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// What a record costs a request that is observed.
func BenchmarkRecord(b *testing.B) {
	r, err := http.NewRequest("GET", "http://shop.example.com/a/b?q=1", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:40001"
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	x := &exchange{p: New(Config{}), r: r, app: &App{name: "web", route: &Route{}}, tried: []string{"web-7-a1"}, status: 200}
	b.ReportAllocs()
	for b.Loop() {
		if got := x.record(); got.Endpoint != "web-7-a1" {
			b.Fatal(got)
		}
	}
}
