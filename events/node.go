package events

// OfNode names a node.
type OfNode struct {
	Node string `json:"node"` // name of the node
}

// About places what a node says of itself.
func (o OfNode) About() About { return About{Place: o.Node, Subject: Beside(o.Node)} }

// NodeDescription is what a node is and has.
type NodeDescription struct {
	Address     string            `json:"address"`             // where its instances are reached
	Zone        string            `json:"zone,omitempty"`      // failure domain
	Arch        string            `json:"arch"`                // amd64, arm64
	Os          string            `json:"os"`                  // linux
	Labels      map[string]string `json:"labels,omitempty"`    // an operator's words
	Drivers     []string          `json:"drivers"`             // process, docker
	CPUMilli    int64             `json:"cpuMilli"`            // capacity, thousandths of a core
	MemoryBytes int64             `json:"memoryBytes"`         // capacity
	Isolation   []string          `json:"isolation,omitempty"` // what it enforces, in words
	SecretsDir  bool              `json:"secretsDir"`          // it has a memory file system for secrets
	Version     string            `json:"version,omitempty"`   // of the agent
	Pid         int               `json:"pid,omitempty"`       // of the agent
}

// NodeJoined begins a boot of a node's agent.
type NodeJoined struct {
	OfNode
	Incarnation int    `json:"incarnation"`         // grows at each start
	Nonce       string `json:"nonce,omitempty"`     // made by this start of the agent, so that it knows its own word
	FirstPort   int    `json:"firstPort,omitempty"` // ports are allotted from here on; absent: where they were
	NodeDescription
}

// NodeChanged says that the node is or has something else now.
type NodeChanged struct {
	OfNode
	NodeDescription
}

// NodeLeft says that the agent was told to leave and has no instance.
type NodeLeft struct{ OfNode }
