package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bus-33: a Say unclear for a second is dropped; the late original is stored or
// refused, never both.
func TestUnclearSayIsDropped(t *testing.T) {
	b := openTest(t)
	var late *nats.Msg
	publish := b.publish
	b.publish = func(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
		late = m
		<-ctx.Done()
		return nil, ctx.Err()
	}
	began := time.Now()
	_, err := b.Append(limit(t), testGuard, 0, facts(1, 1))
	if !errors.Is(err, service.ErrUnclear) {
		t.Fatalf("got %v, want unclear", err)
	}
	if took := time.Since(began); took < events.SayAge/2 || took > 5*events.SayAge {
		t.Errorf("given up after %s, want %s", took, events.SayAge)
	}
	b.publish = publish
	r := say(t, b, 0, fact(1, "decided again"))
	if _, err := b.publish(limit(t), late); err == nil {
		t.Error("the late original was stored beside it")
	}
	if head, err := b.Head(limit(t)); err != nil || head != r.Last {
		t.Errorf("the log ends at %s, want %s (%v)", head, r.Last, err)
	}
}

func TestLostTryThatLandsMeanwhileIsFound(t *testing.T) {
	b := openTest(t)
	publish, tries := b.publish, 0
	b.publish = func(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
		if tries++; tries == 2 { // the first one lands right before the second
			if _, err := publish(ctx, m); err != nil {
				return nil, err
			}
		}
		if tries == 1 {
			return nil, nats.ErrTimeout
		}
		return publish(ctx, m)
	}
	if r := say(t, b, 0, fact(1, "")); !r.Already || r.Last.Seq != 1 {
		t.Fatalf("got %+v after %d tries", r, tries)
	}
	if tries != 2 {
		t.Errorf("%d tries, want 2", tries)
	}
}

func TestIDTakenElsewhere(t *testing.T) {
	b := openTest(t)
	thief := nats.NewMsg("slipway.event.other.deployer._.app.retired")
	thief.Header.Set(headerID, fact(1, "").ID)
	if _, err := b.publish(limit(t), thief); err != nil {
		t.Fatal(err)
	}
	r := say(t, b, 0, fact(1, ""))
	m, err := b.GetEvent(limit(t), r.Last)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header[headerID]; len(got) != 1 || got[0] != fact(1, "").ID+".2" {
		t.Fatalf("stored under message id %q", got)
	}
	if again := say(t, b, 0, fact(1, "")); !again.Already || again.Last != r.Last {
		t.Fatalf("said again: %+v", again)
	}
	batch := make([]events.Event, 0, 10)
	for i := range uint64(10) {
		batch = append(batch, fact(2+i, ""))
	}
	thief.Header.Set(headerID, batch[4].ID)
	if _, err := b.publish(limit(t), thief); err != nil {
		t.Fatal(err)
	}
	if all := say(t, b, r.Last.Seq, batch...); all.Stored != 10 {
		t.Fatalf("batch with a stolen id: %+v", all)
	}
}

func TestRepeatedOrdinalIsRejected(t *testing.T) {
	b := openTest(t)
	r := say(t, b, 0, fact(1, ""))
	_, err := b.Append(limit(t), testGuard, r.Last.Seq, facts(1, 1))
	var bad *service.ErrRejected
	if !errors.As(err, &bad) {
		t.Fatalf("got %v, want a rejection", err)
	}
}

func TestSlots(t *testing.T) {
	s := newSlots()
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	give, err := s.take(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(short, "one"); !errors.Is(err, service.ErrBusy) {
		t.Fatalf("two appends under one guard: %v", err)
	}
	for i := 1; i < events.MaxInFlight; i++ {
		if _, err := s.take(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.take(short, "ninth"); !errors.Is(err, service.ErrBusy) {
		t.Fatalf("nine appends at a time: %v", err)
	}
	got := make(chan error)
	go func() {
		_, err := s.take(t.Context(), "ninth")
		got <- err
	}()
	give()
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

// bus-12, the log's part of it: near its size it takes the essential only, at its
// size nothing, neither one nor a batch; once it is larger all goes on.
func TestFullLog(t *testing.T) {
	b := connectTest(t, startTest(t), "test")
	if _, err := b.Ensure(limit(t), Profile{Name: "dev", StoreMax: 16 << 20}); err != nil {
		t.Fatal(err)
	}
	words := strings.Repeat("x", 200<<10)
	tail, n := uint64(0), uint64(0)
	for {
		r, err := b.Append(limit(t), testGuard, tail, []events.Event{about(n+1, declared(words))})
		if errors.Is(err, service.ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		tail, n = r.Last.Seq, n+1
	}
	i, err := b.Info(limit(t))
	if err != nil || i.Bytes < i.Max*85/100 || i.Bytes > i.Max*95/100 {
		t.Fatalf("refused at %d of %d bytes (%v)", i.Bytes, i.Max, err)
	}
	for {
		r, err := b.Append(limit(t), testGuard, tail, essentials(n+1, 1, words))
		if errors.Is(err, service.ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		tail, n = r.Last.Seq, n+1
	}
	for what, es := range map[string][]events.Event{"single": essentials(n+1, 1, words), "batch": essentials(n+1, 20, words[:40<<10])} {
		_, err := b.Append(limit(t), testGuard, tail, es)
		var api *jetstream.APIError
		if !errors.Is(err, service.ErrFull) || !errors.As(err, &api) || api.ErrorCode != codeFull {
			t.Errorf("a %s in a full stream: %v, want the server's %d", what, err, codeFull)
		}
		if head, err := b.Head(limit(t)); err != nil || head.Seq != tail {
			t.Errorf("a %s in a full stream: the log ends at %s, want %d (%v)", what, head, tail, err)
		}
	}
	if _, err := b.Ensure(limit(t), Profile{Name: "dev", StoreMax: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	b.fill.forget()
	say(t, b, tail, about(n+1, declared(words)))
}

// declared is the one fact of an app that a log near its size does not take.
func declared(words string) events.AppDeclared {
	return events.AppDeclared{
		OfApp: events.OfApp{App: testApp}, Declaration: 1,
		Document: events.Document{Name: testApp, Version: words},
	}
}

// codeFull is the server's word for a stream that has reached its size.
const codeFull = 10077

// essentials are n facts from one ordinal on that may be said until the log is full.
func essentials(first, n uint64, words string) []events.Event {
	es := facts(first, n)
	for i := range es {
		es[i].Data = events.ReleaseAborted{OfRelease: events.OfRelease{App: testApp, Release: 1}, Cause: "operator", Message: words}
		es[i].Kind, es[i].Subject = events.KindOf(es[i].Data), es[i].Data.About().Subject
	}
	return es
}

func TestDeniedAtOnce(t *testing.T) {
	opts := ServerOptions{StoreDir: t.TempDir(), DontListen: true, NoSync: true, MaxStore: testStore}.options()
	opts.Users = []*server.User{{Username: "reader", Password: "x", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{"slipway.event.>", "slipway.wish.>"}},
	}}}
	opts.NoAuthUser = "reader"
	ns, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	s := &Server{nats: ns, storeDir: opts.StoreDir, maxStore: testStore}
	t.Cleanup(s.Shutdown)
	b := connectTest(t, s, "reader")
	ensure(t, b)
	began := time.Now()
	if _, err := b.Append(limit(t), testGuard, 0, facts(1, 1)); !errors.Is(err, service.ErrDenied) {
		t.Errorf("append: %v", err)
	}
	if _, err := b.Append(limit(t), testGuard, 0, facts(1, 20)); !errors.Is(err, service.ErrDenied) {
		t.Errorf("append of a batch: %v", err)
	}
	if _, err := b.Wish(limit(t), wish("w1")); !errors.Is(err, service.ErrDenied) {
		t.Errorf("wish: %v", err)
	}
	if took := time.Since(began); took > 3*events.SayAge {
		t.Errorf("told after %s", took)
	}
}

func TestJudge(t *testing.T) {
	api := func(code, errorCode int) error {
		return fmt.Errorf("nats: %w", &jetstream.APIError{Code: code, ErrorCode: jetstream.ErrorCode(errorCode)})
	}
	for _, c := range []struct {
		err  error
		want outcome
	}{
		{nil, stored},
		{api(400, 10071), moved},
		{api(400, 10164), crowded},
		{api(409, 10158), crowded},
		{api(400, 10201), duplicate},
		{api(503, 10077), full},
		{api(503, 10008), unclear},
		{api(429, 10167), busy},
		{api(429, 1), busy},
		{api(400, 10054), refused},
		{api(400, 1), refused},
		{api(503, 1), unclear},
		{nats.ErrTimeout, unclear},
		{context.DeadlineExceeded, unclear},
		{jetstream.ErrNoStreamResponse, unclear},
		{nats.ErrReconnectBufExceeded, unsent},
		{nats.ErrConnectionClosed, unsent},
		{nats.ErrMaxPayload, refused},
	} {
		if got, _ := judge(c.err); got != c.want {
			t.Errorf("%v: outcome %d, want %d", c.err, got, c.want)
		}
	}
}

func TestSubjectMatches(t *testing.T) {
	for _, c := range []struct {
		filter, subject string
		want            bool
	}{
		{"slipway.event.>", "slipway.event.web.deployer._.app.declared", true},
		{"slipway.event.*.placer.>", "slipway.event.web.placer.n1.placement.placed", true},
		{"slipway.event.*.placer.>", "slipway.event.web.deployer.n1.placement.placed", false},
		{"slipway.event.web.>", "slipway.event.web", false},
		{"a.*", "a.b.c", false},
		{"a.b", "a.b", true},
		{"a.b.c", "a.b", false},
	} {
		if got := subjectMatches(c.filter, c.subject); got != c.want {
			t.Errorf("%s under %s: %v", c.subject, c.filter, got)
		}
	}
}
