package proxy

// EndStreams cuts every stream, those that begin later too, and returns how many
// were open: their deadline has come. Requests go on.
func (p *Proxy) EndStreams() (open int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.desks {
		for _, s := range d.seats {
			open += int(s.streams.Inside())
		}
		for s := range d.leaving {
			open += int(s.streams.Inside())
		}
	}
	p.endStreams()
	return open
}
