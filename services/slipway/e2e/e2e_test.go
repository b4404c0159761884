package e2e

import (
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

func TestMain(m *testing.M) { Main(m) }

func TestAnAppIsDeployedAndReplacedWithoutALostRequest(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello"), Sockets: 2})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 20 })
	p.MustDeploy(Example("web", "v3", "blue-green", ""), 60*time.Second)
	Await(t, 10*time.Second, "v3 to answer", func() bool { return requests.Counts().Answers["v3"] > 20 })
	Lossless(t, requests.Stop())
}
