package events

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Three versions of what was never said: a hold in seconds, then in milliseconds, then
// with who asked.
type (
	heldV1 struct {
		OfApp
		Seconds int `json:"seconds"`
	}
	heldV2 struct {
		OfApp
		HoldMs int64 `json:"holdMs"`
	}
	heldV3 struct {
		OfApp
		HoldMs int64  `json:"holdMs"`
		By     string `json:"by"`
	}
)

// plantVersions puts them into the catalogue for one test.
func plantVersions(t *testing.T) {
	all := rows("deployer", essential(false),
		older(row[heldV1]("route", "held"), func(v heldV1) heldV2 { return heldV2{v.OfApp, int64(v.Seconds) * 1000} }),
		older(row[heldV2]("route", "held").as(2, 1), func(v heldV2) heldV3 { return heldV3{v.OfApp, v.HoldMs, "nobody"} }),
		row[heldV3]("route", "held").as(3, 1),
	)
	for i := range all {
		r := &all[i]
		byKind[r.Kind], byType[r.Type] = r, r
	}
	t.Cleanup(func() {
		for _, r := range all {
			delete(byKind, r.Kind)
			delete(byType, r.Type)
		}
	})
}

// reread is an event as it comes back from the bus.
func reread(t testing.TB, data Payload) (Event, []byte) {
	t.Helper()
	e := sampleOf(KindOf(data), data)
	body, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	read, err := Parse(e.StreamSubject(), nil, body)
	if err == nil {
		err = read.Decode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return read, body
}

func TestAnOlderVersionIsReadAsTheNewest(t *testing.T) {
	plantVersions(t)
	web := OfApp{App: "web"}
	for version, data := range map[int]Payload{1: heldV1{web, 7}, 2: heldV2{web, 7000}} {
		e, body := reread(t, data)
		if e.Data != (heldV3{web, 7000, "nobody"}) || e.Kind.Version != version {
			t.Errorf("version %d: %+v of %v", version, e.Data, e.Kind)
		}
		if again, err := Encode(e); err != nil || !bytes.Equal(again, body) {
			t.Errorf("version %d written back: %s, %v", version, again, err)
		}
	}
	if e, _ := reread(t, heldV3{web, 1, "alice"}); e.Data != (heldV3{web, 1, "alice"}) {
		t.Errorf("the newest: %+v", e.Data)
	}
}

// A version nobody here knows is kept and not folded.
func TestAVersionFromTheFutureIsUnknown(t *testing.T) {
	plantVersions(t)
	_, body := reread(t, heldV3{OfApp{App: "web"}, 1, "alice"})
	body = bytes.ReplaceAll(body, []byte("route.held.v3"), []byte("route.held.v4"))
	read, err := Parse("slipway.event.web.deployer._.route.held", nil, body)
	if err == nil {
		err = read.Decode()
	}
	if err != nil || read.Data != (Unknown{}) || read.Kind.Known() {
		t.Errorf("%+v, %v", read, err)
	}
}

// Whatever the first version says, the newest can be written and says the same again.
func TestUpcastsAreTotal(t *testing.T) {
	plantVersions(t)
	rapid.Check(t, func(rt *rapid.T) {
		v1 := heldV1{OfApp{App: "web"}, rapid.IntRange(-1<<31, 1<<31).Draw(rt, "seconds")}
		e, _ := reread(t, v1)
		if again, _ := reread(t, e.Data); again.Data != e.Data {
			rt.Fatalf("%+v becomes %+v, which is read as %+v", v1, e.Data, again.Data)
		}
	})
}
