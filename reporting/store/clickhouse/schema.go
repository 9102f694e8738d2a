package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// weekMicros is a partition of the raw events, in the unit of their times. Weeks are counted from the Unix epoch.
const weekMicros = 7 * 24 * store.HourMicros

// dedupWindow is how many blocks a table remembers the deduplication tokens of. An insert is repeated within minutes or after its
// rows were counted, so this only has to cover what all instances insert in those minutes.
const dedupWindow = 10_000

// layout is where tables are: on one server, or on all of a cluster.
type layout struct{ database, cluster string }

// on is the clause that makes a statement run on every server.
func (l layout) on() string {
	if l.cluster == "" {
		return ""
	}
	return " ON CLUSTER '" + l.cluster + "'"
}

// engine is the engine of a table of the MergeTree family. Every server of a cluster has all of a table that is not sharded: the small
// ones are read with every report.
func (l layout) engine(kind, table string, sharded bool, args ...string) string {
	if l.cluster != "" {
		path, replica := fmt.Sprintf("'/clickhouse/%s/%s'", l.database, table), "'{shard}-{replica}'"
		if sharded {
			path, replica = fmt.Sprintf("'/clickhouse/%s/{shard}/%s'", l.database, table), "'{replica}'"
		}
		kind, args = "Replicated"+kind, append([]string{path, replica}, args...)
	}
	return kind + "(" + strings.Join(args, ", ") + ")"
}

// events is the table in which a server has its own events.
func (l layout) events() string {
	if l.cluster == "" {
		return "events"
	}
	return "events_local"
}

// durable are the settings of every table: what was acknowledged is on the disk.
const durable = "fsync_after_insert = 1, fsync_part_directory = 1"

// foundation makes the place for the schema's version.
func (l layout) foundation() []string {
	return []string{
		"CREATE DATABASE IF NOT EXISTS " + l.database + l.on(),
		"CREATE TABLE IF NOT EXISTS " + l.database + ".placard_schema" + l.on() + " (version UInt32) ENGINE = " + l.engine("MergeTree", "placard_schema", false) + " ORDER BY version",
	}
}

// migrations take a database from each version of the schema to the next. Every statement may run twice: a migration that was
// cut off begins again.
func (l layout) migrations() [][]string {
	var text, dimensions strings.Builder
	for _, c := range store.TextColumns() {
		fmt.Fprintf(&text, "  %s LowCardinality(String),\n", c.Name)
	}
	for _, d := range report.RollupDimensions() {
		fmt.Fprintf(&dimensions, "  %s LowCardinality(String),\n", d)
	}
	window := fmt.Sprintf("non_replicated_deduplication_window = %d", dedupWindow)
	if l.cluster != "" {
		window = fmt.Sprintf("replicated_deduplication_window = %d, replicated_deduplication_window_seconds = 86400", dedupWindow)
	}
	first := []string{
		// Sorted by hour and request: all that happened to one page stands together, and compresses to almost nothing but its id.
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.%s%s (
  journal LowCardinality(String),
  seq UInt64 CODEC(Delta, ZSTD(1)),
  time Int64 CODEC(Delta, ZSTD(1)),
  kind UInt8,
  request FixedString(16) CODEC(ZSTD(1)),
  slot UInt8,
%s  width UInt16, height UInt16,
  price Int64 CODEC(ZSTD(1)), charge Int64 CODEC(ZSTD(1)),
  visitor UInt64 CODEC(ZSTD(1)),
  synthetic Bool
) ENGINE = %s
PARTITION BY intDiv(time, %d)
ORDER BY (intDiv(time, %d), request, slot, kind)
SETTINGS %s, %s`, l.database, l.events(), l.on(), text.String(), l.engine("MergeTree", "events", true), weekMicros, store.HourMicros, window, durable),
		// An attempt to roll an hour up is one insert, and one of its rows, of cube 0, says that it is all there and which
		// state of the hour (version) it added up.
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.rollup%s (
  cube UInt8, time Int64, kind UInt8, synthetic Bool,
%s  n Int64, charge Int64, attempt UInt64, version UInt64
) ENGINE = %s
PARTITION BY intDiv(time, %d)
ORDER BY (cube, advertiser, time, line_item)
SETTINGS %s`, l.database, l.on(), dimensions.String(), l.engine("MergeTree", "rollup", false), weekMicros, durable),
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.batches%s (
  hour Int32, journal String, first UInt64, next UInt64, rows UInt64, through Int64, touch UInt64
) ENGINE = %s
ORDER BY (hour, journal)
SETTINGS %s`, l.database, l.on(), l.engine("ReplacingMergeTree", "batches", false, "touch"), durable),
	}
	if l.cluster != "" {
		// A page's events stay together on one shard; the same event always goes to the same, where its token is known.
		first = append(first, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s.events%[2]s AS %[1]s.%[3]s ENGINE = Distributed('%[4]s', '%[1]s', '%[3]s', cityHash64(request))",
			l.database, l.on(), l.events(), l.cluster))
	}
	return [][]string{first}
}

// prepare makes or migrates the schema at the first use.
func (s *Store) prepare(ctx context.Context) error {
	s.ready.Lock()
	defer s.ready.Unlock()
	if s.migrated {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.InsertTimeout)
	defer cancel()
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("prepare clickhouse: %w", err)
	}
	s.migrated = true
	return nil
}

func (s *Store) layout() layout { return layout{s.opts.Database, s.opts.Cluster} }

func (s *Store) migrate(ctx context.Context) error {
	db := s.opts.Database
	l := s.layout()
	for _, stmt := range l.foundation() {
		if err := s.conn.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	var found uint32
	if err := s.conn.QueryRow(ctx, "SELECT max(version) FROM "+db+".placard_schema").Scan(&found); err != nil {
		return err
	}
	all := l.migrations()
	if int(found) > len(all) {
		return fmt.Errorf("the database %s has schema version %d and this binary knows %d: use the newer binary", db, found, len(all))
	}
	for v := int(found); v < len(all); v++ {
		for _, stmt := range all[v] {
			if err := s.conn.Exec(ctx, stmt); err != nil {
				return fmt.Errorf("schema version %d: %w", v+1, err)
			}
		}
		if err := s.conn.Exec(ctx, fmt.Sprintf("INSERT INTO %s.placard_schema VALUES (%d)", db, v+1)); err != nil {
			return err
		}
	}
	return nil
}
