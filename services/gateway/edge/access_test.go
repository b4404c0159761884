package edge

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"slipway.dev/events"
)

func TestARecordIsWrittenAsTheLanguageReadsIt(t *testing.T) {
	r := answer(502, "reset")
	r.TraceID, r.BytesIn, r.Attempts, r.RetryReason, r.Canary, r.Query = "4bf92f3577b34da6a3ce929d0e0e4736", 7, 2, "dial", true, "a=b"
	var got events.AccessRecord
	if err := json.Unmarshal(new(pen).record(&r, 41), &got); err != nil {
		t.Fatal(err)
	}
	want := events.AccessRecord{
		T: noon, N: 41, RequestID: r.RequestID, TraceID: r.TraceID, App: "web", Release: 7, Endpoint: "web-7-a1", Generation: 3,
		Method: "GET", Host: "shop.example.com", Path: "/?a=b", Proto: "HTTP/1.1", Status: 502, Code: "reset", BytesIn: 7, BytesOut: 10,
		ClientIP: "10.0.0.9", DurationMs: 3, UpstreamMs: 2, Attempts: 2, RetryReason: "dial", Canary: true,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNoControlCharacterReachesARecord(t *testing.T) {
	r := answer(404, "")
	r.Path = "/a\x1b[31m\r\n\"\\\x7f\u0085\u2028\xff" + strings.Repeat("é", 400)
	line := new(pen).record(&r, 1)
	if i := strings.IndexFunc(string(line), func(c rune) bool { return unicode.IsControl(c) || c == '\u2028' }); i >= 0 {
		t.Errorf("%q at %d", line[i], i)
	}
	var got events.AccessRecord
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.Path, "/a\x1b[31m\r\n\"\\\x7f\u0085\u2028\ufffdé") || len(got.Path) > events.MaxAccessPath+2 {
		t.Errorf("%d bytes: %q", len(got.Path), got.Path[:24])
	}
}

func TestNothingIsToldBeforeTheIncarnationIsKnown(t *testing.T) {
	a := newAccessLog("gw1-a", accessRing)
	r := answer(200, "")
	for range 1201 {
		a.put(&r)
	}
	a.write()
	if _, _, _, ok := a.Next(); ok {
		t.Fatal("a batch of nobody")
	}
	a.incarnation.Store(3)
	ids := ""
	for {
		_, id, body, ok := a.Next()
		if !ok {
			break
		}
		var b events.AccessBatch
		if err := json.Unmarshal(body, &b); err != nil || b.Incarnation != 3 || len(body) > events.MaxAccessBytes {
			t.Fatalf("%v: %d bytes", err, len(body))
		}
		ids += id + " "
	}
	if !strings.HasPrefix(ids, "access/gw1-a/3/1 access/gw1-a/3/") || len(strings.Fields(ids)) < 3 {
		t.Errorf("ids %s", ids)
	}
}

func TestAFullLaneIsAHoleThatIsTold(t *testing.T) {
	a := newAccessLog("gw1-a", 4*accessRing)
	a.incarnation.Store(1)
	r := answer(200, "")
	for range accessLanes*laneMax + 1000 {
		a.put(&r)
	}
	skipped := a.skipped.Load()
	a.write()
	_, _, body, _ := a.Next()
	var b events.AccessBatch
	if err := json.Unmarshal(body, &b); err != nil || skipped < 1000 || b.Dropped != skipped || b.First != skipped+1 {
		t.Errorf("%d skipped; the batch from %d tells of %d: %v", skipped, b.First, b.Dropped, err)
	}
}

func TestAnAppSaysWhatIsRecordedOfIt(t *testing.T) {
	k, bus := &keeper{}, newMemory(t)
	g := runTold(t, bus, k)
	p := &plane{memory: bus}
	p.list(newBackend(t, 1))
	route := p.route(events.RouteShare{Release: 1, ShareBp: 10000})
	route.AccessLog = &events.AccessLogPolicy{SampleBp: 2500, Query: true}
	p.generation++
	p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}, Route: route})
	bus.awaitApplied(1, 1)
	url := g.url()
	for range 20 {
		if _, err := get(url, "/list?page=2"); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all counted", func() bool { return total(last(k.samples(t), "slipway_requests_total")) == 20 })
	records := 0
	eventually(t, "a quarter recorded", func() bool { records, _ = numbered(t, k.access(t)); return records >= 5 })
	for _, b := range k.access(t) {
		for _, r := range b.Records {
			if r.Path != "/list?page=2" || r.App != "web" || r.Release != 1 || b.Incarnation != 1 {
				t.Errorf("%+v", r)
			}
		}
	}
	if records != 5 {
		t.Errorf("%d of 20 recorded", records)
	}
}
