package nearest

import "testing"

func TestOfFindsTheWordThatWasMeant(t *testing.T) {
	known := []string{"registry", "deployer", "node", "gateway", "bus", "all"}
	for word, want := range map[string]string{
		"gatway": "gateway", "deplyoer": "deployer", "registri": "registry", "nod": "node", "bu": "", "xyz": "", "": "",
	} {
		if got := Of(word, known); got != want {
			t.Errorf("Of(%q) = %q, want %q", word, got, want)
		}
	}
}

// A typing slip swaps neighbours: one edit, so that statsu is status and not state.
func TestSwappedNeighboursAreOneEdit(t *testing.T) {
	if got := Of("statsu", []string{"state", "status"}); got != "status" {
		t.Errorf("Of(statsu) = %q, want status", got)
	}
}
