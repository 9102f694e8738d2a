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

// migrations take a database from each version of the schema to the next. Every statement may run twice: a migration that was
// cut off begins again.
func migrations(db string) [][]string {
	var text strings.Builder
	for _, c := range store.TextColumns() {
		fmt.Fprintf(&text, "  %s LowCardinality(String),\n", c.Name)
	}
	var dimensions strings.Builder
	for _, d := range report.RollupDimensions() {
		fmt.Fprintf(&dimensions, "  %s LowCardinality(String),\n", d)
	}
	return [][]string{{
		// Sorted by hour and request: all that happened to one page stands together, and compresses to almost nothing but its id.
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.events (
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
) ENGINE = MergeTree
PARTITION BY intDiv(time, %d)
ORDER BY (intDiv(time, %d), request, slot, kind)
SETTINGS non_replicated_deduplication_window = %d, fsync_after_insert = 1, fsync_part_directory = 1`, db, text.String(), weekMicros, store.HourMicros, dedupWindow),
		// An attempt to roll an hour up is one insert, and one of its rows, of cube 0, says that it is all there and which
		// state of the hour (version) it added up.
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.rollup (
  cube UInt8, time Int64, kind UInt8, synthetic Bool,
%s  n Int64, charge Int64, attempt UInt64, version UInt64
) ENGINE = MergeTree
PARTITION BY intDiv(time, %d)
ORDER BY (cube, advertiser, time, line_item)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`, db, dimensions.String(), weekMicros),
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s.batches (
  hour Int32, journal String, first UInt64, next UInt64, rows UInt64, through Int64, touch UInt64
) ENGINE = ReplacingMergeTree(touch)
ORDER BY (hour, journal)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`, db),
	}}
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

func (s *Store) migrate(ctx context.Context) error {
	db := s.opts.Database
	for _, stmt := range []string{
		"CREATE DATABASE IF NOT EXISTS " + db,
		"CREATE TABLE IF NOT EXISTS " + db + ".placard_schema (version UInt32) ENGINE = MergeTree ORDER BY version",
	} {
		if err := s.conn.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	var found uint32
	if err := s.conn.QueryRow(ctx, "SELECT max(version) FROM "+db+".placard_schema").Scan(&found); err != nil {
		return err
	}
	all := migrations(db)
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
