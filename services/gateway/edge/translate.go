package edge

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/split"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// desired is what the proxy is told for an app.
func desired(want gateway.Desired) proxy.Desired {
	t := proxy.Desired{PoolGeneration: uint64(want.Pool), Route: route(want)}
	for _, e := range want.Endpoints {
		t.Endpoints = append(t.Endpoints, proxy.Endpoint{
			ID: e.Endpoint, Release: uint64(e.Release), Address: e.Address, Ports: e.Ports,
			Protocol: e.Protocol, Weight: e.Weight,
			Ready: e.Ready, Serving: e.Serving, Terminating: e.Terminating,
			Drain: milliseconds(e.DrainMs),
		})
	}
	return t
}

func route(want gateway.Desired) proxy.Route {
	r := proxy.Route{
		App: want.App, Generation: uint64(want.Generation), Balance: want.Route.Balance,
		Limits: limits(want.Route.HTTP), Hold: hold(want.Hold), Mesh: mesh(want.Route),
	}
	if b := want.Route.Breaker; b != nil {
		r.Breaker = proxy.Breaker{Count500: b.Count500, Failures: b.Failures, Open: milliseconds(b.OpenMs)}
	}
	if s := want.Route.Sticky; s != nil && s.By != events.ByNone {
		r.Sticky = proxy.Sticky{Key: proxy.Key{By: s.By, Name: s.Name}, NoKey: s.NoKey}
	}
	if k := want.Route.BalanceKey; k != nil {
		r.Key = proxy.Key(*k)
	}
	if y := want.Route.Retry; y != nil {
		r.Retry = proxy.Retry{Status: y.Status, BudgetBp: y.BudgetBp}
	}
	if l := want.Route.AccessLog; l != nil {
		r.Access = proxy.Access{ThinBp: split.Whole - l.SampleBp, Query: l.Query}
	}
	r.ErrorPage, r.AllowEncodedSlash = want.Route.ErrorPage, want.Route.AllowEncodedSlash
	r.EndpointHost = want.Route.HostHeader == events.HostHeaderEndpoint
	for _, x := range want.Route.Rules {
		r.Rules = append(r.Rules, proxy.Rule{Host: x.Host, Path: x.Path, Strip: x.Strip, Release: uint64(x.Release), Port: x.Port, Protocol: x.Protocol, Listen: x.Listen, TLS: x.TLS == events.TLSAuto})
	}
	for _, x := range want.Route.Shares {
		r.Shares = append(r.Shares, proxy.Share{Release: uint64(x.Release), ShareBp: x.ShareBp})
	}
	if len(r.Shares) == 0 { // declared, nothing shifted to: 503 until then, never 404
		r.Shares = []proxy.Share{{ShareBp: split.Whole}}
	}
	return r
}

func hold(h *gateway.Hold) *proxy.Hold {
	if h == nil {
		return nil
	}
	return &proxy.Hold{Kind: h.Kind, MaxWait: milliseconds(h.MaxWaitMs), MaxHeld: h.MaxHeld, Message: h.Message}
}

func limits(l events.HTTPLimits) proxy.Limits {
	return proxy.Limits{
		BodyBytes: l.BodyBytes, BodySilence: milliseconds(l.BodySilenceMs), Dial: milliseconds(l.DialMs),
		Response: milliseconds(l.ResponseMs), Request: milliseconds(l.RequestMs),
		StreamIdle: milliseconds(l.StreamIdleMs), InFlight: l.InFlight,
	}
}

// milliseconds keeps 0 (the default) and -1 (unlimited) as they are.
func milliseconds(n int64) time.Duration {
	if n < 0 {
		return proxy.Unlimited
	}
	return time.Duration(n) * time.Millisecond
}
