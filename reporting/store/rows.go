package store

import (
	"fmt"

	"github.com/placard/placard/reporting/report"
)

// Rows are the rows of an answer, of database/sql or of ClickHouse's own interface.
type Rows interface {
	Next() bool
	Scan(dst ...any) error
	Err() error
	Close() error
}

// ScanRows reads the rows of report.SQL into a result. Both stores answer in these columns.
func ScanRows(rows Rows, dimensions int, limit int) ([]report.Row, bool, error) {
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

// DeliveredSQL returns the statement behind Store.Delivered. Its placeholders are from and to.
func DeliveredSQL(d report.Dialect) string {
	count := func(cond string) string { return fmt.Sprintf(d.CountIf, cond) }
	return "SELECT advertiser, campaign, line_item, " +
		count("kind = 2 AND invalid = ''") + ", " + count("kind = 3 AND invalid = ''") + ", " + count("kind = 4 AND invalid = ''") + ", " +
		count("kind = 1") + ", " + fmt.Sprintf(d.SumIf, "charge", "invalid = ''") +
		" FROM " + d.Table + " WHERE time >= ? AND time < ? AND line_item <> '' GROUP BY advertiser, campaign, line_item"
}

// ScanDelivered reads the rows of DeliveredSQL.
func ScanDelivered(rows Rows) (map[LineItemKey]Totals, error) {
	defer rows.Close()
	out := map[LineItemKey]Totals{}
	for rows.Next() {
		var k LineItemKey
		var t Totals
		if err := rows.Scan(&k.Advertiser, &k.Campaign, &k.LineItem, &t.Impressions, &t.Viewable, &t.Clicks, &t.Served, &t.Spend); err != nil {
			return nil, err
		}
		out[k] = t
	}
	return out, rows.Err()
}
