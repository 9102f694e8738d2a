package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Seconds suffice for the dimensions of time, and are much faster than microseconds.
const local = "toDateTime(intDiv(time, 1000000), ?)"

func (s *Store) dialect() report.Dialect {
	return report.Dialect{
		Table:      s.table("events"),
		Hour:       "formatDateTime(" + local + ", '%Y-%m-%d %H:00')",
		Day:        "toString(toDate(" + local + "))",
		Week:       "toString(toMonday(" + local + "))",
		Month:      "formatDateTime(" + local + ", '%Y-%m')",
		WeekHour:   "formatDateTime(" + local + ", '%u %H')",
		CountIf:    "toInt64(countIf(%s))",
		SumIf:      "toInt64(sumIf(%s, %s))",
		DistinctIf: "toInt64(uniqExactIf(%s, %s))",
	}
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

func (s *Store) query(ctx context.Context, text string, args []any) (driver.Rows, error) {
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
	res, err := s.answer(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("query clickhouse: %w", err)
	}
	return res, nil
}

func (s *Store) answer(ctx context.Context, q report.Query) (*report.Result, error) {
	res := &report.Result{Query: q}
	text, args := report.SQL(&q, s.dialect(), true)
	rows, err := s.query(ctx, text, args)
	if err != nil {
		return nil, err
	}
	totals, _, err := store.ScanRows(rows, 0, 0)
	if err != nil {
		return nil, err
	}
	if len(totals) == 1 {
		res.Totals = totals[0].Sums
	}
	if len(q.By) == 0 {
		res.Rows = totals
	} else {
		text, args = report.SQL(&q, s.dialect(), false)
		if rows, err = s.query(ctx, text, args); err != nil {
			return nil, err
		}
		if res.Rows, res.MoreRows, err = store.ScanRows(rows, len(q.By), q.Limit); err != nil {
			return nil, err
		}
	}
	var through int64
	if err := s.conn.QueryRow(ctx, "SELECT max(through) FROM "+s.table("batches")).Scan(&through); err != nil {
		return nil, err
	}
	if through != 0 {
		res.Through = time.UnixMicro(through).UTC()
	}
	return res, nil
}

// Delivered returns the valid totals per line item of events in [from, to).
func (s *Store) Delivered(ctx context.Context, from, to time.Time) (map[store.LineItemKey]store.Totals, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	rows, err := s.query(ctx, store.DeliveredSQL(s.dialect()), []any{from.UnixMicro(), to.UnixMicro()})
	if err != nil {
		return nil, fmt.Errorf("read delivery from clickhouse: %w", err)
	}
	out, err := store.ScanDelivered(rows)
	if err != nil {
		return nil, fmt.Errorf("read delivery from clickhouse: %w", err)
	}
	return out, nil
}
