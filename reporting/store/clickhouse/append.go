package clickhouse

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// maxRows bounds one insert: it must stay one block, below max_insert_block_size (1,048,449).
const maxRows = 500_000

// grace is how long after its time limit an insert may still be under way in the server.
const grace = 30 * time.Second

// progress is how far a journal is in the store.
type progress struct {
	next uint64
	// unknown is the range whose insert may or may not have arrived, nil if none.
	unknown *intent
	// announced is one past the highest record that was ever announced, and touch the number and the time of the last announcement.
	announced, touch uint64
}

// intent is a row of the table batches: what an insert is about to be.
type intent struct {
	first, next uint64
	rows        uint64
}

// Append adds a batch exactly once.
func (s *Store) Append(ctx context.Context, b store.Batch) error {
	if b.To-b.From != uint64(len(b.Events)) {
		return fmt.Errorf("append batch %d-%d to clickhouse: it has %d events", b.From, b.To, len(b.Events))
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(ctx, b); err != nil {
		return fmt.Errorf("append batch %d-%d to clickhouse: %w", b.From, b.To, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, b store.Batch) error {
	p := s.journals[b.Journal]
	if p == nil {
		var err error
		if p, err = s.load(ctx, b.Journal); err != nil {
			return err
		}
		s.journals[b.Journal] = p
	}
	if err := s.settle(ctx, b.Journal, p); err != nil {
		return err
	}
	for b.To > p.next {
		from := max(b.From, p.next)
		to := min(b.To, from+maxRows)
		if u := p.unknown; u != nil {
			if from >= u.next {
				p.unknown = nil // the journal does not have it any more
				continue
			}
			to = min(to, u.next)
		}
		if err := s.insert(ctx, p, b.Journal, from, to, b.Events[from-b.From:to-b.From]); err != nil {
			return err
		}
	}
	return nil
}

// load reads a journal's progress from the server.
func (s *Store) load(ctx context.Context, journal string) (*progress, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	rows, err := s.query(ctx, "SELECT first, next, rows, touch, (SELECT max(next) FROM "+s.table("batches")+" WHERE journal = ?) FROM "+s.table("batches")+
		" WHERE journal = ? ORDER BY touch DESC LIMIT 1", []any{journal, journal})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := &progress{}
	if rows.Next() {
		u := &intent{}
		if err := rows.Scan(&u.first, &u.next, &u.rows, &p.touch, &p.announced); err != nil {
			return nil, err
		}
		p.next, p.unknown = u.first, u
	}
	return p, rows.Err()
}

// settle finds out what became of an insert whose reply is not known. If all of it is there, it is done; else the range
// stays the next one to be sent.
func (s *Store) settle(ctx context.Context, journal string, p *progress) error {
	if p.unknown == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	found, err := s.count(ctx, journal, p.unknown)
	if err != nil {
		return err
	}
	if found >= p.unknown.rows {
		p.next, p.unknown = p.unknown.next, nil
	}
	return nil
}

func (s *Store) count(ctx context.Context, journal string, u *intent) (uint64, error) {
	// The hours it touched keep the search short.
	text, args := bind(fmt.Sprintf("SELECT count() FROM %s WHERE journal = ? AND seq >= ? AND seq < ? AND intDiv(time, %d) IN (SELECT hour FROM %s WHERE journal = ? AND first = ?)",
		s.table("events"), store.HourMicros, s.table("batches")), []any{journal, u.first, u.next, journal, u.first})
	var n uint64
	err := s.conn.QueryRow(ctx, text, args...).Scan(&n)
	return n, err
}

// present returns which of the rows are in the store.
func (s *Store) present(ctx context.Context, journal string, rows []row) (map[uint64]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	from, to := rows[0].seq, rows[0].seq
	hours := map[int64]bool{}
	list := make([]string, 0, 16)
	for _, r := range rows {
		from, to = min(from, r.seq), max(to, r.seq)
		if h := r.Time / store.HourMicros; !hours[h] {
			hours[h] = true
			list = append(list, fmt.Sprint(h))
		}
	}
	found, err := s.query(ctx, fmt.Sprintf("SELECT seq FROM %s WHERE journal = ? AND seq >= ? AND seq <= ? AND intDiv(time, %d) IN (%s)",
		s.table("events"), store.HourMicros, strings.Join(list, ", ")), []any{journal, from, to})
	if err != nil {
		return nil, err
	}
	defer found.Close()
	out := map[uint64]bool{}
	for found.Next() {
		var seq uint64
		if err := found.Scan(&seq); err != nil {
			return nil, err
		}
		out[seq] = true
	}
	return out, found.Err()
}

// insert sends the events from..to of a journal. If it fails, their fate is unknown.
func (s *Store) insert(ctx context.Context, p *progress, journal string, from, to uint64, events []event.Event) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.InsertTimeout)
	defer cancel()
	rows := make([]row, len(events))
	for i := range events {
		rows[i] = row{from + uint64(i), &events[i]}
	}
	var have map[uint64]bool
	if from < p.announced && len(rows) > 0 {
		var err error
		if have, err = s.present(ctx, journal, rows); err != nil {
			return err
		}
	}
	// A stable sort keeps the order of the journal, so that a block is the same however often it is made.
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(week(a.Time), week(b.Time)) })
	pieces, err := s.cut(p, journal, from, to, rows, have)
	if err != nil {
		return err
	}
	if err := s.announce(ctx, p, journal, from, to, events); err != nil {
		return err
	}
	for _, piece := range pieces {
		if err := s.send(ctx, piece.token, journal, piece.rows); err != nil {
			return err
		}
	}
	p.next, p.unknown = to, nil
	return nil
}

// piece is what is inserted at once: rows of one week.
type piece struct {
	token string
	rows  []row
}

// cut makes the pieces of a range, without the rows that are there. A week is inserted as a whole under its token, or is there
// as a whole. Where it is neither (a cluster took some of it, or the journal has lost part of the range since), the rows that are missing
// need a token of their own, and that is only safe when nothing that was sent before can be under way any more.
func (s *Store) cut(p *progress, journal string, from, to uint64, rows []row, have map[uint64]bool) ([]piece, error) {
	same := from >= p.announced || p.unknown != nil && p.unknown.first == from && p.unknown.next == to
	var out []piece
	for len(rows) > 0 {
		w := week(rows[0].Time)
		n := 1
		for n < len(rows) && week(rows[n].Time) == w {
			n++
		}
		all := rows[:n]
		rows = rows[n:]
		missing := make([]row, 0, n)
		sum := fnv.New64a()
		for _, r := range all {
			if !have[r.seq] {
				missing = append(missing, r)
				_, _ = sum.Write(binary.LittleEndian.AppendUint64(nil, r.seq)) // never fails
			}
		}
		token := fmt.Sprintf("%s:%d-%d:%d", journal, from, to, w)
		switch {
		case len(missing) == 0:
			continue
		case same && len(missing) == n:
		default:
			if wait := s.opts.InsertTimeout + grace - s.opts.Now().Sub(time.Unix(0, int64(p.touch))); wait > 0 {
				return nil, fmt.Errorf("another insert up to record %d may still be under way; it is sure to be over in %v", p.announced, wait.Round(time.Second))
			}
			token += fmt.Sprintf(":%x", sum.Sum64())
		}
		out = append(out, piece{token, missing})
	}
	return out, nil
}

type row struct {
	seq uint64
	*event.Event
}

func week(micros int64) int64 { return micros / weekMicros }

// announce writes to batches what is about to be inserted: one row for each hour it touches.
func (s *Store) announce(ctx context.Context, p *progress, journal string, from, to uint64, events []event.Event) error {
	hours := map[int32]int64{}
	for i := range events {
		h := int32(events[i].Time / store.HourMicros)
		hours[h] = max(hours[h], events[i].Time)
	}
	if len(events) == 0 {
		hours[0] = 0
	}
	now := s.opts.Now()
	p.touch = max(p.touch+1, uint64(now.UnixNano()))
	b, err := s.conn.PrepareBatch(s.inserting(ctx, "", batchColumns), "INSERT INTO "+s.table("batches")+" (hour, journal, first, next, rows, through, touch)")
	if err != nil {
		return err
	}
	for h, through := range hours {
		if err := b.Append(h, journal, from, to, uint64(len(events)), through, p.touch); err != nil {
			return errors.Join(err, b.Abort())
		}
	}
	// From here on a crash or an error leaves the range unknown. It stays what it was if it was announced before.
	p.next, p.unknown, p.announced = from, &intent{first: from, next: to, rows: uint64(len(events))}, max(p.announced, to)
	return b.Send()
}

// inserting returns the context of an insert: synchronous, deduplicated, and given up by the server when the client does.
func (s *Store) inserting(ctx context.Context, token string, columns []ch.ColumnNameAndType) context.Context {
	settings := ch.Settings{
		"async_insert": 0, "insert_deduplicate": 1, "max_execution_time": int(s.opts.InsertTimeout / time.Second),
		"max_partitions_per_insert_block": 1, "min_insert_block_size_rows": 0, "min_insert_block_size_bytes": 0,
	}
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	if s.opts.HTTP {
		settings["wait_end_of_query"] = 1
	}
	if s.opts.Cluster != "" {
		settings["distributed_foreground_insert"] = 1 // acknowledged means: the shards have it
	}
	if token == "" {
		delete(settings, "max_partitions_per_insert_block")
	}
	return ch.Context(ctx, ch.WithSettings(settings), ch.WithColumnNamesAndTypes(columns))
}

var batchColumns = []ch.ColumnNameAndType{
	{Name: "hour", Type: "Int32"}, {Name: "journal", Type: "String"}, {Name: "first", Type: "UInt64"}, {Name: "next", Type: "UInt64"},
	{Name: "rows", Type: "UInt64"}, {Name: "through", Type: "Int64"}, {Name: "touch", Type: "UInt64"},
}

// eventColumns are the columns of an insert, in its order.
func eventColumns() []ch.ColumnNameAndType {
	out := []ch.ColumnNameAndType{
		{Name: "journal", Type: "LowCardinality(String)"}, {Name: "seq", Type: "UInt64"}, {Name: "time", Type: "Int64"}, {Name: "kind", Type: "UInt8"},
		{Name: "request", Type: "FixedString(16)"}, {Name: "slot", Type: "UInt8"},
	}
	for _, c := range store.TextColumns() {
		out = append(out, ch.ColumnNameAndType{Name: c.Name, Type: "LowCardinality(String)"})
	}
	return append(out,
		ch.ColumnNameAndType{Name: "width", Type: "UInt16"}, ch.ColumnNameAndType{Name: "height", Type: "UInt16"},
		ch.ColumnNameAndType{Name: "price", Type: "Int64"}, ch.ColumnNameAndType{Name: "charge", Type: "Int64"},
		ch.ColumnNameAndType{Name: "visitor", Type: "UInt64"}, ch.ColumnNameAndType{Name: "synthetic", Type: "Bool"})
}

// send inserts rows of one week as one block.
func (s *Store) send(ctx context.Context, token, journal string, rows []row) error {
	columns := eventColumns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	b, err := s.conn.PrepareBatch(s.inserting(ctx, token, columns), "INSERT INTO "+s.table("events")+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return err
	}
	at := 0
	add := func(column any) {
		if err == nil {
			err = b.Column(at).Append(column)
		}
		at++
	}
	journals := make([]string, len(rows))
	var ids strings.Builder
	ids.Grow(16 * len(rows))
	for i := range rows {
		journals[i] = journal
		ids.Write(rows[i].Request[:])
	}
	requests := make([]string, len(rows))
	for i := range rows {
		requests[i] = ids.String()[16*i : 16*i+16]
	}
	add(journals)
	add(column(rows, func(r row) uint64 { return r.seq }))
	add(column(rows, func(r row) int64 { return r.Time }))
	add(column(rows, func(r row) uint8 { return uint8(r.Kind) }))
	add(requests)
	add(column(rows, func(r row) uint8 { return r.Slot }))
	for _, c := range store.TextColumns() {
		add(column(rows, func(r row) string { return c.Text(r.Event) }))
	}
	add(column(rows, func(r row) uint16 { return r.Width }))
	add(column(rows, func(r row) uint16 { return r.Height }))
	add(column(rows, func(r row) int64 { return r.Price }))
	add(column(rows, func(r row) int64 { return r.Charge }))
	add(column(rows, func(r row) uint64 { return r.Visitor }))
	add(column(rows, func(r row) bool { return r.Synthetic }))
	if err != nil {
		return errors.Join(err, b.Abort())
	}
	return b.Send()
}

func column[T any](rows []row, value func(row) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = value(rows[i])
	}
	return out
}

// Position returns one past the last record of the journal that is in the store.
func (s *Store) Position(ctx context.Context, journal string) (uint64, error) {
	if err := s.prepare(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.load(ctx, journal)
	if err == nil {
		err = s.settle(ctx, journal, p)
	}
	if err != nil {
		return 0, fmt.Errorf("read position from clickhouse: %w", err)
	}
	s.journals[journal] = p
	return p.next, nil
}
