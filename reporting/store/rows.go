package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/placard/placard/reporting/report"
)

// Rows are the rows of an answer, of database/sql or of ClickHouse's own interface.
type Rows interface {
	Next() bool
	Scan(dst ...any) error
	Err() error
	io.Closer
}

// Ask runs one statement.
type Ask func(text string, args []any) (Rows, error)

// Answer answers a validated query with the one SQL that both stores understand.
func Answer(q report.Query, hours report.Hours, d report.Dialect, ask Ask) (*report.Result, error) {
	res := &report.Result{Query: q}
	plan, err := hours.Plan(&q)
	if err != nil {
		return nil, err
	}
	text, args := report.SQL(&q, d, plan, false)
	rows, err := ask(text, args)
	if err != nil {
		return nil, err
	}
	if res.Rows, res.MoreRows, err = scanRows(rows, len(q.By), q.Limit); err != nil {
		return nil, err
	}
	if q.Offset == 0 && !res.MoreRows && !q.AsksVisitors() {
		// All rows are here: the totals are their sums.
		for i := range res.Rows {
			res.Totals.Add(&res.Rows[i].Sums)
		}
		return res, nil
	}
	text, args = report.SQL(&q, d, plan, true)
	if rows, err = ask(text, args); err != nil {
		return nil, err
	}
	totals, _, err := scanRows(rows, 0, 0)
	if err != nil {
		return nil, err
	}
	if len(totals) == 1 {
		res.Totals = totals[0].Sums
	}
	return res, nil
}

// scanRows reads the rows of report.SQL.
func scanRows(rows Rows, dimensions int, limit int) ([]report.Row, bool, error) {
	defer rows.Close()
	var out []report.Row
	for rows.Next() {
		if limit > 0 && len(out) == limit {
			return out, true, nil
		}
		r := report.Row{Keys: make([]string, dimensions)}
		dst := make([]any, 0, dimensions+10)
		for i := range r.Keys {
			dst = append(dst, &r.Keys[i])
		}
		dst = append(dst, &r.Requests, &r.Fills, &r.Impressions, &r.Viewable, &r.Clicks, &r.Invalid, &r.Spend, &r.Synthetic, &r.Reach, &r.Known)
		if err := rows.Scan(dst...); err != nil {
			return nil, false, fmt.Errorf("read rows: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("read rows: %w", err)
	}
	return out, false, nil
}

// Deliveries answers Store.Delivered.
func Deliveries(from, to time.Time, hours report.Hours, d report.Dialect, ask Ask) (map[LineItemKey]Totals, error) {
	q := report.Query{
		From: from, To: to, Zone: time.UTC, By: []report.Dimension{report.Advertiser, report.Campaign, report.LineItem},
		Filters: []report.Filter{{Dimension: report.LineItem, Values: []string{""}, Not: true}},
		Scope:   report.AllTenants(), Limit: maxLineItems,
	}
	plan, err := hours.Plan(&q)
	if err != nil {
		return nil, err
	}
	text, args := report.SQL(&q, d, plan, false)
	rows, err := ask(text, args)
	if err != nil {
		return nil, err
	}
	found, more, err := scanRows(rows, len(q.By), q.Limit)
	if err != nil {
		return nil, err
	}
	if more {
		return nil, fmt.Errorf("there are more than %d line items", maxLineItems)
	}
	out := make(map[LineItemKey]Totals, len(found))
	for _, r := range found {
		out[LineItemKey{r.Keys[0], r.Keys[1], r.Keys[2]}] = Totals{Impressions: r.Impressions, Viewable: r.Viewable, Clicks: r.Clicks, Served: r.Fills, Spend: r.Spend}
	}
	return out, nil
}

// maxLineItems is far above what a catalog may hold.
const maxLineItems = 10_000_000

// QueryError says which store failed. What is wrong with the question stays as it is, for whoever asked it.
func QueryError(name string, err error) error {
	var bad *report.Error
	if errors.As(err, &bad) {
		return bad
	}
	return fmt.Errorf("query %s: %w", name, err)
}

// Roller is a store that adds up hours that are over. It does so by itself; asking it helps after much history was added at once.
type Roller interface {
	Roll(ctx context.Context) error
}
