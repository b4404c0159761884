package events

import "testing"

func TestMeshURLIsTheNameInUpperCase(t *testing.T) {
	for app, want := range map[string]string{"api": "API_URL", "user-store": "USER_STORE_URL", "a1": "A1_URL"} {
		if got := MeshURL(app); got != want {
			t.Errorf("variable of %s is %s, want %s", app, got, want)
		}
	}
}

func TestMeshPortIsTheMainOneThatSpeaksHTTP(t *testing.T) {
	port := func(protocol string) DeclaredPort { return DeclaredPort{SpecPort: SpecPort{Protocol: protocol}} }
	for want, ports := range map[string]map[string]DeclaredPort{
		"http":  {"admin": port(ProtocolHTTP), "http": port(ProtocolH2C)},
		"admin": {"admin": port(ProtocolHTTPS), "web": port(ProtocolHTTP)},
		"web":   {"admin": port(ProtocolTCP), "web": port(ProtocolHTTP)},
		"":      {"db": port(ProtocolTCP)},
	} {
		if got := (Document{Ports: ports}).MeshPort(); got != want {
			t.Errorf("mesh port of %v is %q, want %q", ports, got, want)
		}
	}
	if got := (Document{}).MeshPort(); got != "" {
		t.Errorf("without ports it is %q", got)
	}
}

func TestWhereAnAppIsReachedIsNoPartOfTheRevision(t *testing.T) {
	s := Spec{Uses: []string{"api"}}
	placed := s
	placed.MeshPorts = map[string]int{"api": 17003}
	if s.Revision() != placed.Revision() {
		t.Error("a mesh port changes the revision")
	}
	if s.Revision() == (Spec{}).Revision() {
		t.Error("uses does not change the revision")
	}
}
