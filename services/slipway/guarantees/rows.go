package guarantees

import (
	"fmt"
	"strings"

	"slipway.dev/events"
)

// How the samples of a row make its figure.
const (
	worst = "worst" // the largest of them
	p99   = "p99"   // what 99 of 100 of them keep
	count = "count" // how many of them broke it
)

// Row is one line of the table: what is promised and how it is measured.
type Row struct {
	Number      int // of docs/GUARANTEES.md
	Name        string
	Participant string // who owes it
	Claim       string
	Bound       Bound
	Figure      string // worst, p99, count
	Least       int    // samples below which there is no verdict
	Check       string
}

// enoughForP99 is the least number of samples of which a percentile says something.
const enoughForP99 = 100

// Names of the rows.
const (
	driftFound    = "drift-found"
	driftRepaired = "drift-repaired"
	promotion     = "promotion"
	switchCut     = "switch-cut"
	switchLost    = "switch-lost"
	canaryShare   = "canary-share"
	routable      = "routable"
	silence       = "silence"
	restarted     = "restarted"
	nodeReplaced  = "node-replaced"
)

func ms(d int64) Bound { return Bound{"<=", float64(d), "ms"} }

// Rows is THE table of what is measured; the command line, docs/GUARANTEES.md and the
// tests are made from it.
var Rows = []Row{
	{1, driftFound, "node", "what is killed behind its back is found", ms(1000), worst, 1,
		"from a drill's kill to instance.exited: of other deaths the log does not know the moment"},
	{1, driftRepaired, "node", "drift is repaired", ms(2000), worst, 1,
		"from drift.found to the next instance.starting, less the back-off its app asks for; drift that stands longer counts"},
	{2, promotion, "deployer", "a release called promoted serves", Bound{"=", 0, "releases"}, count, 1,
		"instances ready at release.promoted, less those heard of for less than half a second, against its target"},
	{3, switchCut, "gateway", "a switch ends no request", Bound{"=", 0, "requests"}, count, 1,
		"requests and streams cut at a drain deadline, by release.completed of what replaced another"},
	{3, switchLost, "gateway", "a switch loses no request", Bound{"=", 0, "requests"}, count, 1,
		"answers that a gateway had to make itself while a release replaced another, by its samples"},
	{4, canaryShare, "gateway", "a bad version harms at most its share", Bound{"<=", 0, "requests"}, worst, 1,
		"what a canary answered beyond p·n of the requests that were split, at each second of each gateway, by its samples"},
	{9, routable, "gateway", "what is available is in every table", ms(100 + gathered), p99, enoughForP99,
		"from endpoint.available to routing.applied of each live gateway, which gathers pools for 100 ms"},
	{9, silence, "registry", "who is silent is out within its lease and a second", ms(1000), worst, 1,
		"silence beyond the TTL in lease.lapsed of nodes and gateways, but where the brake held it"},
	{13, restarted, "node", "a dead instance is started again", ms(1000), worst, 1,
		"from instance.exited to the next instance.starting, less the back-off its app asks for"},
	{13, nodeReplaced, "placer", "a lost node's instances are placed elsewhere", ms((events.LeaseTTL + events.LostAfter).Milliseconds() + toSay), worst, 1,
		"from the node's last word to placement.placed of what stands in, less what a longer lease of a cluster takes"},
}

// toSay is what a lease's end and what follows from it may take to be said, as row 9 has it.
const toSay = 1000

// gathered is how long a gateway gathers pools before it says applied.
const gathered = 100

// NotYet are the promises that nothing here measures, with the part they wait for.
var NotYet = []Part{
	{5, "nothing unpinned or unadmitted runs", "identities and policy"},
	{6, "instances share nothing that was not declared", "the docker driver"},
	{7, "the size of what is shipped is explained", "the docker driver"},
	{8, "placement wastes nothing", "measured packing"},
	{10, "every pick is of a least loaded endpoint", "a counter of picks; property tests alone see each"},
	{11, "an app runs the same with and without the mesh", "a probe; tests alone compare answers"},
	{12, "capacity follows load", "the scaler"},
	{14, "every series has a detector", "metrics and alerting"},
	{15, "every request is verified and authorised", "identities and policy"},
	{16, "no key is readable outside its holder", "secrets"},
	{17, "every operation is logged and analysed", "audit"},
}

// Table is Rows as docs/GUARANTEES.md shows it.
func Table() string {
	var b strings.Builder
	b.WriteString("| # | name | claim | bound | measured by |\n|---|---|---|---|---|\n")
	for _, r := range Rows {
		figure := ""
		if r.Figure == p99 {
			figure = "p99 "
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s%s | %s |\n", r.Number, r.Name, r.Claim, figure, r.Bound, r.Check)
	}
	return b.String()
}

// String is a bound as people read it.
func (b Bound) String() string { return fmt.Sprintf("%s %g %s", b.Op, b.Value, b.Unit) }
