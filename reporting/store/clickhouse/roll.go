package clickhouse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Rolling up stands on what cannot be half there. Every batch changes the version of the hours it touches before its events
// arrive (table batches). An attempt to roll an hour up is one block: its sums together with the row that names the version they are
// of. A rollup counts as long as its version is the hour's. A batch that comes late makes it stale, and the hour is read from the
// events until it is rolled up again. Several instances may roll the same hour up: one of the attempts is chosen, by all the same.

// state is what the database has.
type state struct {
	hours    report.Hours
	versions map[int64]version
	stale    []attempt // not to be read
	garbage  []attempt // those of them that nobody can be reading any more
	old      []int64   // weeks of which not even the sums are kept
	through  int64
}

// attempt is one rollup of one hour.
type attempt struct {
	time int64 // the hour's first microsecond
	id   uint64
}

// attempts is a list of them in SQL.
func attempts(list []attempt) string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = fmt.Sprintf("(%d, %d)", a.time, a.id)
	}
	return "(time, attempt) IN (" + strings.Join(out, ", ") + ")"
}

// version is the state of an hour: it changes with each batch that touches the hour.
type version struct {
	sum     uint64
	touched time.Time
}

// state reads it.
func (s *Store) state(ctx context.Context) (*state, error) {
	st := &state{versions: map[int64]version{}}
	rows, err := s.query(ctx, "SELECT hour, sum(t), max(t), max(thr) FROM (SELECT hour, journal, max(touch) AS t, max(through) AS thr FROM "+
		s.table("batches")+" GROUP BY hour, journal) GROUP BY hour ORDER BY hour", nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	now := s.opts.Now()
	oldest := int64(-1 << 31) // of the rollups that are kept
	if s.opts.KeepRollups > 0 {
		oldest = now.Add(-s.opts.KeepRollups).Unix() / 3600
	}
	if s.opts.KeepEvents > 0 {
		st.hours.RawFrom = now.Add(-s.opts.KeepEvents).Unix() / 3600
	}
	for rows.Next() {
		var h int32
		var sum, last uint64
		var through int64
		if err := rows.Scan(&h, &sum, &last, &through); err != nil {
			return nil, err
		}
		st.through = max(st.through, through)
		if w := int64(h) * store.HourMicros / weekMicros; (w+1)*weekMicros <= oldest*store.HourMicros && !slices.Contains(st.old, w) {
			st.old = append(st.old, w)
		}
		if int64(h) >= oldest && through != 0 {
			st.versions[int64(h)] = version{sum, time.Unix(0, int64(last))}
			st.hours.Known = append(st.hours.Known, report.KnownHour{Hour: int64(h)})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return st, s.seals(ctx, st, now)
}

// seals finds the hours whose rollup counts.
func (s *Store) seals(ctx context.Context, st *state, now time.Time) error {
	rows, err := s.query(ctx, "SELECT time, attempt, version FROM "+s.table("rollup")+" WHERE cube = 0 ORDER BY time, attempt", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	chosen := map[int64]uint64{}
	var all []attempt
	for rows.Next() {
		var a attempt
		var sum uint64
		if err := rows.Scan(&a.time, &a.id, &sum); err != nil {
			return err
		}
		h := a.time / store.HourMicros
		v, known := st.versions[h]
		// The events of old hours are deleted: what was added up before stays.
		if known && (v.sum == sum || h < st.hours.RawFrom) {
			chosen[h] = a.id
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, a := range all {
		best, ok := chosen[a.time/store.HourMicros]
		if ok && best == a.id {
			continue
		}
		st.stale = append(st.stale, a)
		// A report that began before the chosen attempt may read this one.
		if ok && now.Sub(time.Unix(0, int64(best))) > 2*s.opts.QueryTimeout {
			st.garbage = append(st.garbage, a)
		}
	}
	for i := range st.hours.Known {
		_, st.hours.Known[i].Rolled = chosen[st.hours.Known[i].Hour]
	}
	return nil
}

// maintain does the upkeep until ctx ends.
func (s *Store) maintain(ctx context.Context) {
	if s.opts.RollEvery < 0 {
		return
	}
	for failing := false; ; {
		// Instances that start together should not roll up together.
		pause := time.NewTimer(s.opts.RollEvery/2 + rand.N(s.opts.RollEvery))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
		err := s.Roll(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			s.opts.Log.Error("the store's upkeep failed; it is tried again", "error", err)
		}
		failing = err != nil
	}
}

// Roll adds up the hours that are over. The store does it by itself; after much history has been added at once it may be
// asked to.
func (s *Store) Roll(ctx context.Context) error {
	s.rolling.Lock()
	defer s.rolling.Unlock()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.roll(ctx); err != nil {
		return fmt.Errorf("roll up clickhouse: %w", err)
	}
	return nil
}

func (s *Store) roll(ctx context.Context) error {
	st, err := s.state(ctx)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	var due []int64
	for _, k := range st.hours.Known {
		over := now.Sub(time.Unix((k.Hour+1)*3600, 0)) >= s.opts.RollAfter && now.Sub(st.versions[k.Hour].touched) >= s.opts.RollAfter
		if !k.Rolled && over {
			due = append(due, k.Hour)
		}
	}
	for len(due) > 0 {
		n := 1
		for n < min(len(due), maxRoll) && due[n]*store.HourMicros/weekMicros == due[0]*store.HourMicros/weekMicros {
			n++
		}
		if err := s.rollHours(ctx, due[:n], st.versions); err != nil {
			return err
		}
		due = due[n:]
	}
	if len(st.garbage) > 0 {
		if err := s.conn.Exec(ctx, "ALTER TABLE "+s.table("rollup")+" DELETE WHERE "+attempts(st.garbage)); err != nil {
			return err
		}
	}
	return s.expire(ctx, st, now)
}

// expire drops the partitions of weeks that need not be kept. Events go when all hours of their week have been rolled up.
func (s *Store) expire(ctx context.Context, st *state, now time.Time) error {
	open := map[int64]bool{}
	weeks := map[int64]bool{}
	for _, k := range st.hours.Known {
		w := k.Hour * store.HourMicros / weekMicros
		weeks[w] = true
		open[w] = open[w] || !k.Rolled
	}
	drop := func(w int64, table, on string) error {
		name := fmt.Sprintf("%s %d", table, w)
		if s.dropped[name] {
			return nil
		}
		if err := s.conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s%s DROP PARTITION %d", s.table(table), on, w)); err != nil {
			return err
		}
		s.dropped[name] = true
		return nil
	}
	if keep := s.opts.KeepEvents; keep > 0 {
		for w := range weeks {
			if w < now.Add(-keep).UnixMicro()/weekMicros && !open[w] {
				if err := drop(w, s.layout().events(), s.layout().on()); err != nil {
					return err
				}
			}
		}
	}
	if keep := s.opts.KeepRollups; keep > 0 {
		for _, w := range st.old {
			if err := drop(w, "rollup", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxRoll is how many hours are rolled up at once. They are of one week, which is a partition.
const maxRoll = 24

// rollHours inserts the sums of hours and what they are sums of, as one block.
func (s *Store) rollHours(ctx context.Context, hours []int64, versions map[int64]version) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.InsertTimeout)
	defer cancel()
	id := uint64(s.opts.Now().UnixNano())&^0xff | rand.Uint64()&0xff
	list := make([]string, len(hours))
	for i, h := range hours {
		list[i] = fmt.Sprint(h)
	}
	where := fmt.Sprintf("time >= %d AND time < %d AND intDiv(time, %d) IN (%s)",
		hours[0]*store.HourMicros, (hours[len(hours)-1]+1)*store.HourMicros, store.HourMicros, strings.Join(list, ", "))
	d := s.dialect(&state{})
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s SELECT * FROM (", s.table("rollup"))
	for _, c := range report.Cubes() {
		fmt.Fprintf(&b, "SELECT *, toUInt64(%d) AS attempt, toUInt64(0) AS version FROM (%s) UNION ALL ", id, report.RollupSelect(c, d, where))
	}
	blank := strings.Join(slices.Repeat([]string{"''"}, len(report.RollupDimensions())), ", ")
	for i, h := range hours {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&b, "SELECT toUInt8(0), toInt64(%d), toUInt8(0), false, %s, toInt64(0), toInt64(0), toUInt64(%d), toUInt64(%d)", h*store.HourMicros, blank, id, versions[h].sum)
	}
	b.WriteString(")")
	settings := ch.Settings{
		// One writer that collects everything makes one block.
		"max_insert_threads": 1, "min_insert_block_size_rows": 50_000_000, "min_insert_block_size_bytes": 4 << 30, "max_insert_block_size": 50_000_000,
		"async_insert": 0, "max_execution_time": int(s.opts.InsertTimeout / time.Second),
	}
	if s.opts.HTTP {
		settings["wait_end_of_query"] = 1
	}
	return s.conn.Exec(ch.Context(ctx, ch.WithSettings(settings)), b.String())
}
