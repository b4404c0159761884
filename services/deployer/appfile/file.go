package appfile

// The file form: what a person may write, unit for unit. A field's tags are its
// one declaration: json its name, desc its explanation, default what stands for it
// when it is absent, one its words. Schema, Explain, the reading and the defaults
// are all made from them.

// file is one document of an app file.
type file struct {
	Name              string            `json:"name" jsonschema:"required" desc:"The app's name: 1 to 40 of a-z, 0-9 and -. It never changes: another name is another app."`
	Labels            map[string]string `json:"labels" desc:"Words for people and selectors; at most 32."`
	Version           *string           `json:"version" desc:"What people call this revision, given to the instance as SLIPWAY_VERSION. Absent: 12 hex digits of the digest."`
	Driver            string            `json:"driver" default:"process" one:"process" desc:"What runs the instances."`
	Artifact          *string           `json:"artifact" desc:"Path of the file to run, or of a .tar, .tar.gz or .tgz that is unpacked. Hashed and stored before anything is asked for."`
	Build             []string          `json:"build" desc:"Command the command line runs before it reads the artifact; it is never sent."`
	Command           []string          `json:"command" desc:"Argv, without a shell. A relative first word is inside the artifact; a bare slipway is the node's own program. Absent: the artifact itself."`
	Workdir           *string           `json:"workdir" desc:"Folder inside the artifact the instance starts in. Absent: its root."`
	User              *string           `json:"user" desc:"User the instance runs as. Absent: the node's workload user."`
	Replicas          Replicas          `json:"replicas" default:"1" desc:"Instances wanted, 0 to 10000, or per-node: one on each eligible node."`
	Env               map[string]string `json:"env" desc:"The app's environment. Not secret: every node may read it. SLIPWAY_* and PORT* are reserved."`
	Files             []configFile      `json:"files" desc:"Small text files written before each start; together at most 64Ki."`
	Ports             map[string]port   `json:"ports" desc:"Ports by name. PORT is that of http, else of the first by name; each also stands in PORT_<NAME>."`
	Volumes           map[string]volume `json:"volumes" desc:"Folders by name that stay, or that are an instance's own; at most 16."`
	Uses              []string          `json:"uses" desc:"Apps it calls, at most 32: each is reached at <NAME>_URL (upper case, - becomes _), an address on the instance's own machine that stays the same for life. An env of that name wins."`
	External          bool              `json:"external" default:"false" desc:"Whether endpoints offered from outside (slipway endpoint offer) serve the app too. Then it needs no artifact and no command; without them replicas is absent or 0."`
	Balance           Balance           `json:"balance" default:"least-request" desc:"How a gateway picks an instance: least-request, round-robin, weighted, p2c, or by a key: {hash: header, name: X-Cart}, {hash: cookie, name: cart}, {hash: ip}."`
	Retry             *retry            `json:"retry" desc:"What more is tried again than what never reached an instance."`
	Breaker           *breaker          `json:"breaker" desc:"When an instance is left alone for a while. Absent: five failures in a row, or half of twenty requests in ten seconds."`
	AccessLog         *accessLog        `json:"accessLog" desc:"What of each request is recorded. Absent: every request, without its query."`
	ErrorPage         *string           `json:"errorPage" desc:"HTML shown in place of the gateway's own errors, at most 64Ki; {{status}}, {{code}} and {{requestId}} are filled in."`
	HostHeader        string            `json:"hostHeader" default:"client" one:"client,endpoint" desc:"Which Host the instance is told: the client's, or its own address."`
	AllowEncodedSlash bool              `json:"allowEncodedSlash" default:"false" desc:"Whether a path may hold %2F."`
	Resources         resources         `json:"resources" desc:"A reservation: what placement counts. Nothing is cut at it."`
	Limits            limits            `json:"limits" desc:"What an instance and its requests never exceed; only what is written."`
	Health            health            `json:"health" desc:"When an instance is ready, alive and available."`
	Stop              stop              `json:"stop" desc:"How an instance is ended: drained, signalled, then killed."`
	Restart           restart           `json:"restart" desc:"What follows an exit."`
	Placement         placement         `json:"placement" desc:"Where instances may and should run."`
	Hooks             hooks             `json:"hooks" desc:"Commands run once beside a release."`
	Deploy            deploy            `json:"deploy" desc:"How a release replaces another."`
	Drift             string            `json:"drift" default:"repair" one:"repair,report,ignore" desc:"What a node does where the world differs from the state: repair it, report it and leave it, or leave it and say nothing."`
}

type configFile struct {
	Path    string `json:"path" jsonschema:"required" desc:"Path below the work folder."`
	Content string `json:"content" jsonschema:"required" desc:"Content of the file."`
	Mode    Mode   `json:"mode" default:"0444" desc:"Permission bits in octal."`
}

type port struct {
	Target   *Count `json:"target" desc:"Port inside a container; a process is told its port in PORT."`
	HostPort *Count `json:"hostPort" desc:"Fixed port of the node, 1 to 65535. Old and new cannot share it, so they swap stop-first where they share a node."`
	Host     *Hosts `json:"host" desc:"Name or list of at most 16 names the gateway answers for; *.example.com covers one label; none: no route from outside. Absent: <app>.<default domain>."`
	Path     string `json:"path" default:"/" desc:"Prefix routed here; it ends on a segment border."`
	Strip    bool   `json:"strip" default:"false" desc:"Whether the prefix is removed before the request goes on."`
	Protocol string `json:"protocol" default:"http" one:"http,h2c,https,tcp" desc:"What the instance speaks: http is HTTP/1.1, h2c HTTP/2 without TLS (gRPC), https TLS with HTTP/2 if it offers that, tcp bytes that are passed as they are."`
	Listen   *Count `json:"listen" desc:"Of protocol tcp, the gateway's own port, 1 to 65535, that leads here; it is one app's alone. Absent: no route from outside."`
	TLS      string `json:"tls" default:"off" one:"auto,off" desc:"Certificate of the hosts: auto is obtained by ACME, or is a file of the gateway's, and plain requests are sent to TLS."`
}

type volume struct {
	Path   string `json:"path" jsonschema:"required" desc:"Path below the work folder; a link to the volume stands there."`
	Size   Size   `json:"size" jsonschema:"required" desc:"Size the app means to fill. The process driver has no quota and does not hold it to that."`
	Access string `json:"access" default:"scratch" one:"single,shared,scratch" desc:"single: one instance at a time, the old stops before the new starts. shared: all instances, on one node. scratch: each instance its own, dropped when it stops."`
}

type resources struct {
	CPU    CPU  `json:"cpu" default:"100m" desc:"Reserved processor time: 500m or 0.5."`
	Memory Size `json:"memory" default:"128Mi" desc:"Reserved memory, at least 6Mi."`
}

type limits struct {
	Memory *Size      `json:"memory" desc:"Memory beyond which an instance is killed; at least its reservation. Absent: none."`
	CPU    *CPU       `json:"cpu" desc:"Processor time an instance may use; at least its reservation. Absent: none."`
	Pids   Count      `json:"pids" default:"4096" desc:"Processes and threads of an instance."`
	Files  Count      `json:"files" default:"65536" desc:"Open files of an instance."`
	HTTP   httpLimits `json:"http" desc:"Limits of one request at the gateway; unlimited is a word, 0 an error."`
}

type httpLimits struct {
	Request     DurationLimit `json:"request" default:"5m" desc:"The whole request, from its first byte to its last."`
	Response    DurationLimit `json:"response" default:"60s" desc:"The wait for the response's header."`
	Dial        DurationLimit `json:"dial" default:"1s" desc:"The wait for a connection to the instance."`
	Body        SizeLimit     `json:"body" default:"100Mi" desc:"Size of a request's body."`
	BodySilence DurationLimit `json:"bodySilence" default:"30s" desc:"Longest pause between two reads of a body."`
	StreamIdle  DurationLimit `json:"streamIdle" default:"1h" desc:"How long a stream may stay without a byte."`
	InFlight    CountLimit    `json:"inFlight" default:"1024" desc:"Requests at once for each instance."`
}

type health struct {
	Ready    *check   `json:"ready" desc:"Whether the instance may serve. Absent: tcp on the port PORT names; without a port: the process runs."`
	Live     *check   `json:"live" desc:"Restarts the instance when it falls. Absent: none."`
	Startup  Duration `json:"startup" default:"60s" desc:"Time to the first ready."`
	MinReady Duration `json:"minReady" default:"3s" desc:"How long ready must hold without a break before the instance counts as available."`
}

// check is one of http, tcp and exec.
type check struct {
	HTTP     *string  `json:"http" desc:"Path asked with GET; 200 to 399 passes."`
	TCP      *bool    `json:"tcp" desc:"A connection passes."`
	Exec     []string `json:"exec" desc:"Argv run beside the instance; exit 0 passes."`
	Port     *string  `json:"port" desc:"Name of the port asked. Absent: the port PORT names."`
	Interval Duration `json:"interval" default:"1s" desc:"Time between two runs, at least 100ms."`
	Timeout  Duration `json:"timeout" default:"2s" desc:"Time of one run; a timeout is a failure."`
	Rise     Count    `json:"rise" default:"2" desc:"Successes in a row that make it pass, 1 to 20."`
	Fall     Count    `json:"fall" default:"3" desc:"Failures in a row that make it fail, 1 to 20."`
}

type stop struct {
	Drain  Duration `json:"drain" default:"15s" desc:"How long requests in flight may take to end, 0s to 1h."`
	Signal string   `json:"signal" default:"TERM" one:"TERM,INT,QUIT,HUP,USR1,USR2,KILL" desc:"Signal sent to the main process."`
	Grace  Duration `json:"grace" default:"10s" desc:"Time between the signal and KILL, 0s to 1h."`
}

type restart struct {
	When    string  `json:"when" default:"always" one:"always,on-failure,never" desc:"Which exits are followed by a new start."`
	Backoff backoff `json:"backoff" desc:"Wait before a restart; it doubles with each failure."`
	GiveUp  giveUp  `json:"giveUp" desc:"How many failures end the restarts."`
}

type backoff struct {
	Min Duration `json:"min" default:"1s" desc:"The first wait."`
	Max Duration `json:"max" default:"1m" desc:"The longest wait."`
}

type giveUp struct {
	Failures Count    `json:"failures" default:"5" desc:"Failures counted, 1 to 100."`
	Within   Duration `json:"within" default:"10m" desc:"The window they are counted in."`
}

type placement struct {
	Strategy   string   `json:"strategy" default:"spread" one:"spread,binpack" desc:"How to choose among nodes that fit."`
	Spread     []string `json:"spread" default:"node" desc:"What instances are spread over, the first first: node, zone, arch, os or labels.K."`
	Require    []string `json:"require" desc:"Conditions a node must meet: node.<name|zone|arch|os|labels.K> (==|!=|in|not in) V."`
	Prefer     []prefer `json:"prefer" desc:"Conditions that count for or against a node."`
	MaxPerNode *Count   `json:"maxPerNode" desc:"Instances on one node at most. Absent: no bound."`
}

type prefer struct {
	Expr   string `json:"expr" jsonschema:"required" desc:"The condition: node.labels.disk == ssd."`
	Weight Count  `json:"weight" jsonschema:"required" desc:"What it weighs, -100 to 100."`
}

type hooks struct {
	PreDeploy *hook `json:"preDeploy" desc:"Run once with the new release's artifact and environment, before its first instance. Its failure aborts the release."`
}

type hook struct {
	Command []string `json:"command" jsonschema:"required" desc:"Argv, without a shell."`
	Timeout Duration `json:"timeout" default:"5m" desc:"Time after which it counts as failed."`
	Retries Count    `json:"retries" default:"0" desc:"Runs after a failed one, 0 to 10."`
}

type deploy struct {
	Strategy  string    `json:"strategy" default:"rolling" one:"recreate,rolling,blue-green,canary" desc:"How the new release takes the old one's place."`
	Rolling   rolling   `json:"rolling" desc:"How many instances may be more or fewer than wanted; read by strategy rolling."`
	BlueGreen blueGreen `json:"blueGreen" desc:"How the second set takes over; read by strategy blue-green."`
	Deadline  Duration  `json:"deadline" default:"10m" desc:"Time without progress before a release fails."`
	Revert    Duration  `json:"revert" default:"5m" desc:"Time an abort may take."`
	Analysis  *analysis `json:"analysis" desc:"Checks that let a release judge itself by what is measured of it. Absent: none."`
	Bake      Duration  `json:"bake" default:"0s" desc:"How long a promoted release is under its postPromotion checks before it is completed."`
	Steps     []step    `json:"steps" desc:"What a canary gets step by step, at most 20; the last one, to all requests, is implied. Read by strategy canary."`
	Shrink    bool      `json:"shrinkStable" default:"false" desc:"Whether the stable release gets smaller as a canary grows. It saves its room; a rollback after the promotion starts it anew."`
	Sticky    *sticky   `json:"sticky" desc:"Keeps a user on one side while two releases share the requests. Absent: none."`
	OnFailure string    `json:"onFailure" default:"rollback" one:"rollback,pause" desc:"What follows a failure."`
	Keep      keep      `json:"keep" desc:"What of former releases stays for a rollback."`
}

type step struct {
	Weight   Percent    `json:"weight" jsonschema:"required" desc:"Share of the requests the new release gets; weights never fall."`
	Replicas Match      `json:"replicas" default:"match" desc:"Instances of the new release: match is as many as its share of the target, rounded up; a count may be more."`
	Pause    *Duration  `json:"pause" desc:"How long the step is looked at before the next one."`
	Approve  bool       `json:"approve" default:"false" desc:"Whether a person must promote it to the next one: slipway promote."`
	Analysis []measured `json:"analysis" desc:"Checks that must pass before the step is done."`
	Run      *stepRun   `json:"run" desc:"A command of the step, run once after its share has settled, with the new release's artifact and environment. Its failure aborts the release."`
}

type stepRun struct {
	Command []string `json:"command" jsonschema:"required" desc:"Argv, without a shell."`
	Undo    []string `json:"undo" desc:"Argv of what takes it back, run once if the release is taken back afterwards."`
	Timeout Duration `json:"timeout" default:"5m" desc:"Time after which either counts as failed."`
}

type sticky struct {
	By    string  `json:"by" default:"none" one:"none,cookie,header" desc:"What names a user."`
	Name  *string `json:"name" desc:"Name of the cookie or header. A cookie's default is slipway_u."`
	NoKey string  `json:"noKey" default:"split" one:"split,stable" desc:"Where requests go that name no user: by the shares, or to the stable release."`
}

type retry struct {
	Status []Status `json:"status" desc:"Answers tried again elsewhere where the method allows it: 502, 503, 504."`
	Budget Percent  `json:"budget" default:"20%" desc:"Share of the requests in flight that may be retries; at least three may."`
}

type breaker struct {
	Count500 bool     `json:"count500" default:"false" desc:"Whether a plain 500 is a failure too."`
	Failures Count    `json:"failures" default:"5" desc:"Failures in a row, 1 to 100."`
	Open     Duration `json:"open" default:"5s" desc:"How long the instance is left alone the first time, 1s to 10m; it doubles."`
}

type accessLog struct {
	Sample Sample `json:"sample" default:"1" desc:"Share of the requests that go well that is recorded, 0 to 1; errors and refusals always are."`
	Query  bool   `json:"query" default:"false" desc:"Whether the query string stands behind the path; it may hold what nobody should read."`
}

type rolling struct {
	Surge       Portion `json:"surge" default:"1" desc:"Instances beyond the target: a count, or a percentage rounded up."`
	Unavailable Portion `json:"unavailable" default:"0" desc:"Instances of the target that may be missing: a count, or a percentage rounded down."`
	Order       *string `json:"order" one:"start-first,stop-first" desc:"Which of new and old goes first. Absent: start-first unless they cannot share a node."`
}

type blueGreen struct {
	Promote         Promote `json:"promote" default:"auto" desc:"auto, manual, or a duration the new set must have been available."`
	PreviewHost     *string `json:"previewHost" desc:"Host that reaches the new set before it is promoted."`
	PreviewReplicas *Count  `json:"previewReplicas" desc:"Instances started before the promotion. Absent: all."`
}

type keep struct {
	Warm    Count    `json:"warm" default:"1" desc:"Demoted releases kept running."`
	WarmFor Duration `json:"warmFor" default:"10m" desc:"How long; 0s lets them go at once."`
	Window  Count    `json:"window" default:"3" desc:"Releases a rollback reaches without steps."`
	History Count    `json:"history" default:"10" desc:"Releases remembered."`
}
