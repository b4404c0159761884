package view

import (
	"testing"
)

// dataplane 11: an unknown app in uses is refused at plan; an app of the same file is
// known.
func TestPlanRefusesAnUnknownAppInUses(t *testing.T) {
	s := newStory(t)
	s.cluster()
	d := document("v1")
	d.Uses = []string{"api"}
	if p := s.log.Plan(d, s.now, code, nil); len(p.Refused) != 1 || p.Refused[0].Code != "code of unknown" {
		t.Errorf("alone it is refused for %+v", p.Refused)
	}
	d.Uses = append(d.Uses, "nobody")
	if p := s.log.Plan(d, s.now, code, nil, "api"); len(p.Refused) != 1 || p.Refused[0].Message != "unknown: there is no app nobody with an http port to call: declare it first" {
		t.Errorf("beside api it is refused for %+v", p.Refused)
	}
}
