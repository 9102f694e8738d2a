//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// maxRoll is how many hours are rolled up in one transaction.
const maxRoll = 24

// maintain does the upkeep until ctx ends.
func (s *Store) maintain(ctx context.Context) {
	if s.opts.RollEvery < 0 {
		return
	}
	tick := time.NewTicker(s.opts.RollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.Roll(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.Error("the store's upkeep failed; it is tried again", "error", err)
		}
	}
}

// Roll adds up the hours that are over, and deletes what need not be kept any longer. The store does it by itself; after
// much history has been added at once it may be asked to.
func (s *Store) Roll(ctx context.Context) error {
	s.rolling.Lock()
	defer s.rolling.Unlock()
	for {
		hours := s.due()
		if len(hours) == 0 {
			break
		}
		if err := s.roll(ctx, hours); err != nil {
			return fmt.Errorf("roll up duckdb: %w", err)
		}
	}
	if err := s.expire(ctx); err != nil {
		return fmt.Errorf("delete old events from duckdb: %w", err)
	}
	return nil
}

// due returns hours that are over and have come to rest, with the number of their changes.
func (s *Store) due() map[int64]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	var all []int64
	for h, st := range s.hours {
		if !st.rolled && now.Sub(time.Unix((h+1)*3600, 0)) >= s.opts.RollAfter && now.Sub(st.touched) >= s.opts.RollAfter {
			all = append(all, h)
		}
	}
	slices.Sort(all)
	out := map[int64]uint64{}
	for _, h := range all[:min(len(all), maxRoll)] {
		out[h] = s.hours[h].changes
	}
	return out
}

// dialect is how DuckDB is asked.
var dialect = report.Dialect{
	Table:         "events",
	Hour:          "strftime(timezone(?, make_timestamptz(time)), '%Y-%m-%d %H:00')",
	Day:           "strftime(timezone(?, make_timestamptz(time)), '%Y-%m-%d')",
	Week:          "strftime(date_trunc('week', timezone(?, make_timestamptz(time))), '%Y-%m-%d')",
	Month:         "strftime(timezone(?, make_timestamptz(time)), '%Y-%m')",
	WeekHour:      "strftime(timezone(?, make_timestamptz(time)), '%u %H')",
	CountIf:       "count(*) FILTER (WHERE %s)",
	SumIf:         "coalesce(sum(%s) FILTER (WHERE %s), 0)::BIGINT",
	DistinctIf:    "count(DISTINCT %s) FILTER (WHERE %s)",
	Sum:           "coalesce(sum(%s), 0)::BIGINT",
	Rollup:        "rollup",
	RollupCountIf: "coalesce(sum(n) FILTER (WHERE %s), 0)::BIGINT",
}

// rollupInserts are the statements that add the events for which where holds up into every cube.
func rollupInserts(where string) []string {
	cubes := report.Cubes()
	out := make([]string, len(cubes))
	for i, c := range cubes {
		out[i] = "INSERT INTO rollup " + report.RollupSelect(c, dialect, where)
	}
	return out
}

// hourCondition limits a statement to hours. The range is what DuckDB can skip row groups by.
func hourCondition(hours []int64) string {
	list := make([]string, len(hours))
	for i, h := range hours {
		list[i] = fmt.Sprint(h)
	}
	return fmt.Sprintf("time >= %d AND time < %d AND time // %d IN (%s)",
		slices.Min(hours)*store.HourMicros, (slices.Max(hours)+1)*store.HourMicros, store.HourMicros, strings.Join(list, ", "))
}

func (s *Store) roll(ctx context.Context, hours map[int64]uint64) error {
	list := make([]int64, 0, len(hours))
	for h := range hours {
		list = append(list, h)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	where := hourCondition(list)
	for _, stmt := range append([]string{"DELETE FROM rollup WHERE " + where}, rollupInserts(where)...) {
		if _, err := tx.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, changes := range hours {
		if s.hours[h].changes != changes {
			return nil // events came meanwhile: another time
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE hours SET rolled = true WHERE "+strings.ReplaceAll(where, "time", fmt.Sprintf("hour * %d", store.HourMicros))); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for h := range hours {
		s.hours[h].rolled = true
	}
	return nil
}

// expire deletes whole days of events and sums that are older than they are to be kept.
func (s *Store) expire(ctx context.Context) error {
	if s.opts.KeepRollups > 0 {
		cut := s.opts.Now().Add(-s.opts.KeepRollups).Truncate(24 * time.Hour).UnixMicro()
		if _, err := s.db.ExecContext(ctx, "DELETE FROM rollup WHERE time < ?", cut); err != nil {
			return err
		}
	}
	if s.opts.KeepEvents <= 0 {
		return nil
	}
	cut := s.opts.Now().Add(-s.opts.KeepEvents).Truncate(24*time.Hour).UnixMicro() / store.HourMicros
	s.mu.Lock()
	defer s.mu.Unlock()
	if cut <= s.rawFrom {
		return nil
	}
	for h, st := range s.hours {
		if h < cut && !st.rolled {
			return nil // not added up yet: another time
		}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, "DELETE FROM events WHERE time < ?", cut*store.HourMicros); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE retained SET raw_from = ?", cut); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.rawFrom = cut
	return nil
}
