package window

// speakerKey names who speaks.
type speakerKey struct{ kind, name string }

// Kinds of speakers.
const (
	KindGateway = "gateway"
	KindNode    = "node"
)

// speaker is a gateway or node with its lives.
type speaker struct{ boots map[string]*boot }

func (f *Fold) speaker(kind, name string) *speaker {
	key := speakerKey{kind, name}
	s := f.speakers[key]
	if s == nil {
		s = &speaker{boots: map[string]*boot{}}
		f.speakers[key] = s
	}
	return s
}

func (s *speaker) boot(name string) *boot {
	b := s.boots[name]
	if b == nil {
		b = newBoot()
		s.boots[name] = b
	}
	return b
}

// newest is the life that began last; nil for none.
func (s *speaker) newest() (b *boot) {
	if s == nil {
		return nil
	}
	for _, x := range s.boots {
		if b == nil || x.begins > b.begins {
			b = x
		}
	}
	return b
}

// reported tells whether all that the speaker counted from one second to another has
// been told. What an earlier life counted after its last word is lost with it.
func (s *speaker) reported(from, to int64) bool {
	now := s.newest()
	if now == nil || now.heard < to || now.doubtful(from, to) {
		return false
	}
	for _, b := range s.boots {
		if b != now && b.heard < to && from < now.begins-1 {
			return false
		}
	}
	return true
}

// upTo is the second up to which a speaker has told all; ok is false while that is in
// doubt, so that patience decides.
func (s *speaker) upTo() (second int64, ok bool) {
	b := s.newest()
	if b == nil {
		return 0, false
	}
	return b.heard, s.reported(b.heard-longer, b.heard)
}
