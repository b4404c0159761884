package placer

import "testing"

// What a drain, or the loss, of a node would do is told in words of that node's being
// emptied: nobody has cordoned it.
func TestMovesTellWhyNothingCanGo(t *testing.T) {
	f := newFleet(t)
	f.join("n1", "", 8000, 8<<30)
	f.place(ask("web", 1))
	lacks := func() string {
		t.Helper()
		moves := f.Moves("n1")
		if len(moves) != 1 || moves[0].To != "" {
			t.Fatalf("%+v", moves)
		}
		return moves[0].Lacks
	}
	if got := lacks(); got != "there is no other node" {
		t.Errorf("alone: %q", got)
	}
	f.join("n2", "", 50, 8<<30)
	if got, want := lacks(), "0 of 2 nodes fit: 1 lack cpu (need 100m, most free 45m: resources.cpu), 1 to be emptied"; got != want {
		t.Errorf("beside a small one: %q, want %q", got, want)
	}
	f.join("n2", "", 8000, 8<<30)
	if moves := f.Moves("n1"); moves[0].To != "n2" || moves[0].Lacks != "" {
		t.Errorf("%+v", moves)
	}
}
