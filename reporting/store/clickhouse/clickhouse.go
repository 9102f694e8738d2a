package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/placard/placard/reporting/store"
)

// Options configures a store.
type Options struct {
	// Addresses are host:port of the servers, tried in this order. At least one.
	Addresses []string
	// HTTP speaks HTTP with them (port 8123), not the native protocol (port 9000).
	HTTP bool
	// Database holds the tables and is made if it is missing. "" means placard.
	Database string
	// Cluster is the name of the cluster, as the servers' remote_servers has it, over which the tables are spread: replicated within a
	// shard and distributed over the shards. The servers need Keeper and the macros shard and replica. "" means one server.
	Cluster string
	// Username and Password are who this is. "" means default.
	Username, Password string
	// DialTimeout is how long a server may take to accept a connection. 0 means 5 s.
	DialTimeout time.Duration
	// QueryTimeout is how long a report may take. 0 means 30 s.
	QueryTimeout time.Duration
	// InsertTimeout is how long the insert of a batch may take, here and in the server. 0 means 60 s.
	InsertTimeout time.Duration
	// RollAfter is how long after its end, and after the last batch that touched it, an hour is rolled up. It must be well above
	// InsertTimeout. 0 means 10 minutes.
	RollAfter time.Duration
	// RollEvery is how often the store looks for hours to roll up. 0 means a minute; below 0, never by itself.
	RollEvery time.Duration
	// KeepEvents is how long single events are kept after they happened, KeepRollups how long their sums are. 0 means for ever.
	KeepEvents, KeepRollups time.Duration
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Log receives what the upkeep could not do. nil means slog.Default().
	Log *slog.Logger
}

// Store is a ClickHouse database.
type Store struct {
	opts Options
	conn ch.Conn

	ready    sync.Mutex // held while the schema is migrated
	migrated bool

	mu       sync.Mutex // one append at a time
	journals map[string]*progress

	rolling sync.Mutex      // one Roll at a time; guards dropped
	dropped map[string]bool // partitions dropped since the start
	stop    context.CancelFunc
	done    sync.WaitGroup
}

var validDatabase = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

var validCluster = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Open returns a store. It does not reach for the server yet.
func Open(opts Options) (store.Store, error) {
	if opts.Database == "" {
		opts.Database = "placard"
	}
	if opts.Username == "" {
		opts.Username = "default"
	}
	if opts.DialTimeout == 0 {
		opts.DialTimeout = 5 * time.Second
	}
	if opts.QueryTimeout == 0 {
		opts.QueryTimeout = 30 * time.Second
	}
	if opts.InsertTimeout == 0 {
		opts.InsertTimeout = time.Minute
	}
	if opts.RollAfter == 0 {
		opts.RollAfter = 10 * time.Minute
	}
	if opts.RollEvery == 0 {
		opts.RollEvery = time.Minute
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if len(opts.Addresses) == 0 {
		return nil, errors.New("open clickhouse: no address is given")
	}
	if !validDatabase.MatchString(opts.Database) {
		return nil, fmt.Errorf("open clickhouse: %.80q cannot be a database: letters, digits and '_' only", opts.Database)
	}
	if opts.Cluster != "" && !validCluster.MatchString(opts.Cluster) {
		return nil, fmt.Errorf("open clickhouse: %.80q cannot be a cluster: letters, digits, '_', '-' and '.' only", opts.Cluster)
	}
	protocol := ch.Native
	if opts.HTTP {
		protocol = ch.HTTP
	}
	conn, err := ch.Open(&ch.Options{
		Protocol: protocol, Addr: opts.Addresses,
		// The database is named in every statement, so that the first connection can make it.
		Auth:        ch.Auth{Username: opts.Username, Password: opts.Password},
		DialTimeout: opts.DialTimeout, ReadTimeout: max(opts.QueryTimeout, opts.InsertTimeout) + 5*time.Second,
		MaxOpenConns: 10, MaxIdleConns: 5, ConnMaxLifetime: 10 * time.Minute,
		ConnOpenStrategy: ch.ConnOpenInOrder,
		Compression:      &ch.Compression{Method: ch.CompressionLZ4},
	})
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	s := &Store{opts: opts, conn: conn, journals: map[string]*progress{}, dropped: map[string]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.maintain(ctx) })
	return s, nil
}

// table returns the full name of a table.
func (s *Store) table(name string) string { return s.opts.Database + "." + name }

// Ping reports whether a server answers and has the schema.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("ping clickhouse: %w", err)
	}
	return nil
}

// Close ends the upkeep and closes the connections.
func (s *Store) Close() error {
	s.stop()
	s.done.Wait()
	if err := s.conn.Close(); err != nil {
		return fmt.Errorf("close clickhouse: %w", err)
	}
	return nil
}
