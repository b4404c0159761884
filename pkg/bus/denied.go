package bus

import (
	"context"
	"errors"
	"regexp"
	"sync"

	"github.com/nats-io/nats.go"

	"slipway.dev/pkg/service"
)

var deniedPublish = regexp.MustCompile(`(?i)permissions violation for publish to "([^"]+)"`)

// deniedSubject reads the subject out of a refusal of the server.
func deniedSubject(err error) (string, bool) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return "", false
	}
	m := deniedPublish.FindStringSubmatch(err.Error())
	if m == nil {
		return "", false
	}
	return m[1], true
}

// denials tells writers that the server has refused their subject: the answer to a
// forbidden publish arrives on the connection only, while the request times out.
type denials struct {
	mu      sync.Mutex
	waiting map[string]map[int]context.CancelCauseFunc
	next    int
}

func newDenials() *denials {
	return &denials{waiting: map[string]map[int]context.CancelCauseFunc{}}
}

// watch ends ctx with ErrDenied when one of the subjects is refused.
func (d *denials) watch(ctx context.Context, subjects []string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	d.mu.Lock()
	d.next++
	n := d.next
	for _, s := range subjects {
		if d.waiting[s] == nil {
			d.waiting[s] = map[int]context.CancelCauseFunc{}
		}
		d.waiting[s][n] = cancel
	}
	d.mu.Unlock()
	return ctx, func() {
		cancel(nil)
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, s := range subjects {
			delete(d.waiting[s], n)
			if len(d.waiting[s]) == 0 {
				delete(d.waiting, s)
			}
		}
	}
}

func (d *denials) tell(subject string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, cancel := range d.waiting[subject] {
		cancel(service.ErrDenied)
	}
}
