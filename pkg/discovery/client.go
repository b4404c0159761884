package discovery

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// spread bounds how long a program that lost its server waits before it asks again: a
// time drawn by chance up to it.
const spread = 2 * time.Second

// Dial connects to the bus. The connection comes back by itself, for ever; further
// options are those of nats.Connect, credentials for one.
func Dial(url, name string, more ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(url, append([]nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(spread / 20), nats.ReconnectJitter(spread, spread),
		nats.PingInterval(spread), nats.MaxPingsOutstanding(2),
	}, more...)...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	return nc, nil
}

// Client keeps the lists of some apps. Its methods may be called from many goroutines.
type Client struct {
	// Changed, set before Run, hears each list that replaces another, one at a time.
	Changed func(List)
	// Failed, set before Run, hears why a reader was interrupted, and what it cannot read.
	Failed func(error)

	nc   *nats.Conn
	apps []string

	telling sync.Mutex // one Changed at a time
	mu      sync.Mutex
	lists   map[string]List // with their shares
	pools   map[string]List // as they were said
	ways    map[string]way
	unheard int           // readers of routes that have never caught up: till then no list is whole
	reading int           // readers that have caught up and were not interrupted since
	caught  bool          // all have caught up once
	lost    time.Time     // since when one of them is interrupted
	moved   chan struct{} // closed with the next change of any of these
}

// New is a client of these apps, of all of them where none is named. Run makes it hear.
func New(nc *nats.Conn, apps ...string) *Client {
	if len(apps) == 0 {
		apps = []string{""}
	}
	return &Client{
		nc: nc, apps: apps, lists: map[string]List{}, pools: map[string]List{}, ways: map[string]way{}, unheard: len(apps),
		lost: time.Now(), moved: make(chan struct{}),
	}
}

// Run hears the changes until ctx ends, and returns its error.
func (c *Client) Run(ctx context.Context) error {
	js, err := jetstream.New(c.nc)
	if err != nil {
		return fmt.Errorf("discover: %w", err)
	}
	var all sync.WaitGroup
	for _, app := range c.apps {
		all.Go(func() { (&reader{of: c, js: js, subject: subjectOf(app)}).run(ctx) })
		all.Go(func() { (&reader{of: c, js: js, subject: waySubject(app), routes: true}).run(ctx) })
	}
	all.Wait()
	return ctx.Err()
}

// List is the last list of an app; ok is false where nothing was ever said of it, or
// nothing has been heard yet.
func (c *Client) List(app string) (l List, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok = c.lists[app]
	return l, ok
}

// Lists are the last lists of all apps, by app.
func (c *Client) Lists() map[string]List {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]List, len(c.lists))
	for app, l := range c.lists {
		all[app] = l
	}
	return all
}

// Stale is since when the lists may be late because the bus is away; zero: they are not.
func (c *Client) Stale() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// Await waits until an app has a list of another generation than the one given; 0 waits
// for the first. Once everything stored has been heard, an app without one is ErrUnknown.
func (c *Client) Await(ctx context.Context, app string, other int) (List, error) {
	return c.await(ctx, app, func(l List) bool { return l.Generation != other })
}

// await waits for a list that is as wanted.
func (c *Client) await(ctx context.Context, app string, wanted func(List) bool) (List, error) {
	for {
		c.mu.Lock()
		l, known := c.lists[app]
		caught, moved := c.caught, c.moved
		c.mu.Unlock()
		switch {
		case known && wanted(l):
			return l, nil
		case !known && caught:
			return List{}, fmt.Errorf("await %s: %w", app, ErrUnknown)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return l, ctx.Err()
		}
	}
}

// take keeps a pool that replaces the one before it, and tells of the list it makes.
func (c *Client) take(l List) {
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.keep(l) {
		c.show(l.App)
	}
}

func (c *Client) keep(l List) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, known := c.pools[l.App]; known && !l.newer(was) {
		return false
	}
	c.pools[l.App] = l
	return true
}

// route keeps the route that the log said last of an app.
func (c *Client) route(w way) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	was, known := c.ways[w.app]
	older := known && !w.at.After(was.at)
	if !older {
		c.ways[w.app] = w
	}
	c.mu.Unlock()
	if !older {
		c.show(w.app)
	}
}

// show makes a list of a pool and its shares, once both can be known; the caller holds
// telling.
func (c *Client) show(app string) {
	c.mu.Lock()
	pool, known := c.pools[app]
	if c.unheard > 0 || !known {
		c.mu.Unlock()
		return
	}
	l := pool.with(c.ways[app])
	c.lists[app] = l
	c.tell()
	c.mu.Unlock()
	if c.Changed != nil {
		c.Changed(l)
	}
}

// routesHeard notes that a reader of routes has caught up for the first time.
func (c *Client) routesHeard() {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	c.unheard--
	apps := slices.Sorted(maps.Keys(c.pools))
	c.mu.Unlock()
	for _, app := range apps {
		c.show(app)
	}
}

// up notes that a reader has caught up, or no longer reads.
func (c *Client) up(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.reading
	c.reading += n
	switch 2 * len(c.apps) { // a pool's and a route's of each
	case c.reading:
		c.caught, c.lost = true, time.Time{}
	case was:
		c.lost = time.Now()
	}
	c.tell()
}

// tell wakes whoever waits; the caller holds the lock.
func (c *Client) tell() {
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *Client) failed(err error) {
	if c.Failed != nil {
		c.Failed(err)
	}
}
