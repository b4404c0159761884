package proxy

import "sync"

// roster is the attempts under way at an endpoint. It costs a request a lock and two
// pointers, where a hook of a context costs five objects.
type roster struct {
	mu    sync.Mutex
	first *trip
	cause error // why all of them were ended; nil: they were not
}

// join adds an attempt. Where all were ended already it is ended, too.
func (r *roster) join(t *trip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cause != nil {
		go t.x.cut(t, r.cause)
		return
	}
	t.at, t.next = r, r.first
	if r.first != nil {
		r.first.prev = t
	}
	r.first = t
}

// leave takes it out.
func (r *roster) leave(t *trip) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.next != nil {
		t.next.prev = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		r.first = t.next
	}
	t.next, t.prev = nil, nil
}

// end ends all of them, and whoever joins later.
func (r *roster) end(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cause = cause
	for t := r.first; t != nil; t = t.next {
		go t.x.cut(t, cause)
	}
}
