package appfile

import (
	"strconv"
)

// units tells bounds that are not written in their metric's unit: the document has only
// their numbers.
func (s *source) units(doc *node) {
	for _, run := range []string{"background", "prePromotion", "postPromotion"} {
		s.unitsOf(doc, []string{"deploy", "analysis", run})
	}
	_, steps, whole := doc.at([]string{"deploy", "steps"})
	if !whole {
		return
	}
	for i := range steps.items {
		s.unitsOf(doc, []string{"deploy", "steps", strconv.Itoa(i), "analysis"})
	}
}

func (s *source) unitsOf(doc *node, path []string) {
	_, checks, whole := doc.at(path)
	if !whole || checks.broken {
		return
	}
	for i, check := range checks.items {
		metric, named := check.get("metric")
		if !named || metric.value.broken {
			continue
		}
		for _, name := range []string{"max", "min", "failOver"} {
			f, written := check.get(name)
			if !written || f.value.broken {
				continue
			}
			var b Bound
			if wrong := b.read(f.value); wrong == nil && b.Unit != unitOf(metric.value.raw) {
				s.wrong(doc, append(below(path, strconv.Itoa(i)), name), Error{Code: WrongType,
					Message: "must be " + unitOf(metric.value.raw) + ": that is how " + metric.value.raw + " is measured"})
			}
		}
	}
}
