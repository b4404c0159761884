package discovery

import (
	"context"
	"fmt"
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
	lists   map[string]List
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
	return &Client{nc: nc, apps: apps, lists: map[string]List{}, lost: time.Now(), moved: make(chan struct{})}
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
	for {
		c.mu.Lock()
		l, known := c.lists[app]
		caught, moved := c.caught, c.moved
		c.mu.Unlock()
		switch {
		case known && l.Generation != other:
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

// take keeps a list that replaces the one before it, and tells of it.
func (c *Client) take(l List) {
	c.telling.Lock()
	defer c.telling.Unlock()
	if !c.keep(l) {
		return
	}
	if c.Changed != nil {
		c.Changed(l)
	}
}

func (c *Client) keep(l List) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, known := c.lists[l.App]; known && !l.newer(was) {
		return false
	}
	c.lists[l.App] = l
	c.tell()
	return true
}

// up notes that a reader has caught up, or no longer reads.
func (c *Client) up(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.reading
	c.reading += n
	switch len(c.apps) {
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
