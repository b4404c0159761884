package bus

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"slipway.dev/events"
)

const (
	readyWithin   = 10 * time.Second // a store of 1M events opens in about one
	defaultStore  = 2 << 30          // file bytes of a development server
	memoryStore   = 256 << 20        // leases and sealed messages take 128 MiB
	loopback      = "127.0.0.1"
	oldestVersion = "2.15.2" // older servers lack what Append and the streams rest on
)

// ServerOptions says how the embedded server runs. Every acknowledged event is on
// the disk, whatever the profile; only a test may say otherwise.
type ServerOptions struct {
	Name       string   // server name; "" is slipway, in a cluster it must be its own
	Host       string   // listening address; "" is loopback
	Port       int      // -1 is a free one
	StoreDir   string   // where the streams lie; required
	MaxStore   int64    // bytes all file streams may reserve; 0 is 2 GiB
	DontListen bool     // in-process connections only
	NoSync     bool     // tests only, refused elsewhere: a power cut loses what was acknowledged
	Restoring  bool     // nobody is told of a write before Shutdown, after which the owner syncs StoreDir
	Cluster    *Cluster // nil: the only server there is
	Log        zerolog.Logger
}

// Server is an embedded NATS server with JetStream.
type Server struct {
	storeDir string
	maxStore int64
	options  ServerOptions

	mu   sync.Mutex
	nats *server.Server // another one after Restart
}

// StartServer starts a server and waits until it takes connections.
func StartServer(o ServerOptions) (*Server, error) {
	if err := o.check(testing.Testing()); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	opts := o.options()
	ns, err := launch(opts, o.Log)
	if err != nil {
		return nil, err
	}
	return &Server{nats: ns, options: o, storeDir: o.StoreDir, maxStore: opts.JetStreamMaxStore}, nil
}

// launch starts a server, and ends it where it is not what was asked for.
func launch(opts *server.Options, log zerolog.Logger) (*server.Server, error) {
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	ns.SetLoggerV2(serverLog{log}, false, false, false)
	ns.Start()
	switch {
	case !ns.ReadyForConnections(readyWithin) || !ns.JetStreamEnabled():
		err = fmt.Errorf("start server: not ready within %s, see its log", readyWithin)
	case ns.JetStreamConfig().SyncAlways != opts.SyncAlways:
		err = fmt.Errorf("start server: sync always is %t, want %t", !opts.SyncAlways, opts.SyncAlways)
	}
	if err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, err
	}
	return ns, nil
}

// check refuses what would break a promise made to writers.
func (o ServerOptions) check(test bool) error {
	switch {
	case o.StoreDir == "":
		return fmt.Errorf("StoreDir is empty: name the directory that keeps the log")
	case o.NoSync && !test:
		return fmt.Errorf("NoSync is for tests: every acknowledged event must be on the disk")
	case !o.DontListen && !isLoopback(o.Host):
		return fmt.Errorf("Host %s is beyond this machine: without TLS and identities listen on %s", o.Host, loopback)
	case o.Cluster != nil && !isLoopback(o.Cluster.Host):
		return fmt.Errorf("Cluster.Host %s is beyond this machine: without TLS and identities listen on %s", o.Cluster.Host, loopback)
	}
	if o.Cluster != nil {
		if err := errors.Join(o.Cluster.check(o.Name), o.unalone()); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.StoreDir, 0o700); err != nil {
		return fmt.Errorf("make StoreDir: %w", err)
	}
	probe, err := os.CreateTemp(o.StoreDir, ".probe-*")
	if err != nil {
		return fmt.Errorf("StoreDir is not writable: %w", err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

func (o ServerOptions) options() *server.Options {
	opts := &server.Options{
		ServerName:         o.Name,
		Host:               o.Host,
		Port:               o.Port,
		DontListen:         o.DontListen,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           o.StoreDir,
		SyncAlways:         !o.NoSync && !o.Restoring,
		SyncInterval:       2 * time.Minute,
		JetStreamMaxMemory: memoryStore,
		JetStreamMaxStore:  o.MaxStore,
		MaxPayload:         events.MaxPayloadBytes,
		JetStreamLimits: server.JSLimitOpts{
			MaxRequestBatch:           10_000,
			Duplicates:                events.DedupWindow,
			MaxBatchSize:              1000,
			MaxBatchInflightPerStream: 50,
			MaxBatchInflightTotal:     1000,
			MaxBatchTimeout:           10 * time.Second,
			MaxHAAssets:               1000,
		},
	}
	if opts.ServerName == "" {
		opts.ServerName = "slipway"
	}
	if opts.Host == "" {
		opts.Host = loopback
	}
	if opts.JetStreamMaxStore == 0 {
		opts.JetStreamMaxStore = defaultStore
	}
	if o.Cluster != nil {
		o.Cluster.join(opts)
	}
	return opts
}

// isLoopback tells whether an address is reached from this machine only; none is
// the default one.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// ClientURL is where clients connect; meaningless with DontListen.
func (s *Server) ClientURL() string { return s.running().ClientURL() }

// Shutdown stops the server and waits until its files are closed.
func (s *Server) Shutdown() {
	ns := s.running()
	ns.Shutdown()
	ns.WaitForShutdown()
}

// serverLog passes the server's log lines on. A fatal line does not end the
// process: the server's owner hears of it by its connections.
type serverLog struct{ to zerolog.Logger }

func (l serverLog) Noticef(f string, v ...any) { l.to.Debug().Msgf(f, v...) }
func (l serverLog) Warnf(f string, v ...any)   { l.to.Warn().Msgf(f, v...) }
func (l serverLog) Errorf(f string, v ...any)  { l.to.Error().Msgf(f, v...) }
func (l serverLog) Fatalf(f string, v ...any)  { l.to.Error().Bool("fatal", true).Msgf(f, v...) }
func (l serverLog) Debugf(f string, v ...any)  { l.to.Trace().Msgf(f, v...) }
func (l serverLog) Tracef(f string, v ...any)  { l.to.Trace().Msgf(f, v...) }
