package edge

import (
	"context"
)

// HandOver is Leave for a gateway whose successor serves already, by the same sockets:
// HTTP/1 clients are told to close with their next answers, HTTP/2 clients to go away,
// and streams live until their drain deadline.
func (d *Driver) HandOver(ctx context.Context) error {
	d.heir.Store(true)
	ctx, cancel := context.WithTimeout(ctx, d.ending().all+LeaveMax)
	defer cancel()
	return d.Leave(ctx)
}

// Serving names the apps that have a route here: what a successor must have applied,
// or refused, before it can take over.
func (d *Driver) Serving() (apps []string) {
	for _, name := range d.names() {
		a := d.app(name)
		a.turn.Lock()
		if a.route != nil {
			apps = append(apps, name)
		}
		a.turn.Unlock()
	}
	return apps
}
