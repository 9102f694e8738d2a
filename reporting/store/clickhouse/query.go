package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Seconds suffice for the dimensions of time, and are much faster than microseconds.
const local = "toDateTime(intDiv(time, 1000000), ?)"

func (s *Store) dialect(st *state) report.Dialect {
	d := report.Dialect{
		Table:      s.table("events"),
		Hour:       "formatDateTime(" + local + ", '%Y-%m-%d %H:00')",
		Day:        "toString(toDate(" + local + "))",
		Week:       "toString(toMonday(" + local + "))",
		Month:      "formatDateTime(" + local + ", '%Y-%m')",
		WeekHour:   "formatDateTime(" + local + ", '%u %H')",
		CountIf:    "toInt64(countIf(%s))",
		SumIf:      "toInt64(sumIf(%s, %s))",
		DistinctIf: "toInt64(uniqExactIf(%s, %s))",
		Sum:        "toInt64(sum(%s))",
		Rollup:     s.table("rollup"), RollupCountIf: "toInt64(sumIf(n, %s))",
	}
	if len(st.stale) > 0 {
		d.RollupOnly = "NOT (" + attempts(st.stale) + ")"
	}
	return d
}

// bind gives the server each "?" of a statement as a parameter of its own, so that no value ever stands in the text.
func bind(text string, args []any) (string, []any) {
	var b strings.Builder
	named := make([]any, 0, len(args))
	for i, arg := range args {
		before, after, _ := strings.Cut(text, "?")
		kind := "String"
		switch v := arg.(type) {
		case int64:
			kind, arg = "Int64", fmt.Sprint(v)
		case uint64:
			kind, arg = "UInt64", fmt.Sprint(v)
		}
		fmt.Fprintf(&b, "%s{p%d:%s}", before, i, kind)
		named = append(named, ch.Named(fmt.Sprintf("p%d", i), arg))
		text = after
	}
	b.WriteString(text)
	return b.String(), named
}

func (s *Store) query(ctx context.Context, text string, args []any) (store.Rows, error) {
	text, args = bind(text, args)
	return s.conn.Query(ctx, text, args...)
}

// Query answers a report.
func (s *Store) Query(ctx context.Context, q report.Query) (*report.Result, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return nil, fmt.Errorf("query clickhouse: %w", err)
	}
	res, err := store.Answer(q, st.hours, s.dialect(st), s.ask(ctx))
	if err != nil {
		return nil, store.QueryError("clickhouse", err)
	}
	if st.through != 0 {
		res.Through = time.UnixMicro(st.through).UTC()
	}
	return res, nil
}

func (s *Store) ask(ctx context.Context) store.Ask {
	return func(text string, args []any) (store.Rows, error) { return s.query(ctx, text, args) }
}

// Delivered returns the valid totals per line item of events in [from, to).
func (s *Store) Delivered(ctx context.Context, from, to time.Time) (map[store.LineItemKey]store.Totals, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return nil, fmt.Errorf("read delivery from clickhouse: %w", err)
	}
	out, err := store.Deliveries(from, to, st.hours, s.dialect(st), s.ask(ctx))
	if err != nil {
		return nil, fmt.Errorf("read delivery from clickhouse: %w", err)
	}
	return out, nil
}
