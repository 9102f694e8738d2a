//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// version is the schema's. A migration takes a database from each earlier one to the next.
const version = 2

// columns are those of the table events, in its order, with their types.
func columns() [][2]string {
	out := [][2]string{
		{"journal", "VARCHAR"}, {"seq", "UBIGINT"}, {"time", "BIGINT"}, {"kind", "UTINYINT"},
		{"request_high", "UBIGINT"}, {"request_low", "UBIGINT"}, {"slot", "UTINYINT"},
	}
	for _, c := range store.TextColumns() {
		out = append(out, [2]string{c.Name, "VARCHAR"})
	}
	return append(out, [2]string{"width", "USMALLINT"}, [2]string{"height", "USMALLINT"}, [2]string{"price", "BIGINT"}, [2]string{"charge", "BIGINT"},
		[2]string{"visitor", "UBIGINT"}, [2]string{"synthetic", "BOOLEAN"})
}

// schema makes the tables of this version. None has an index: the writer knows what is there, and replaying the write-ahead
// log over an index is where databases have failed to open.
func schema() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE positions (journal VARCHAR NOT NULL, next UBIGINT NOT NULL, through BIGINT NOT NULL);\n")
	b.WriteString("CREATE TABLE hours (hour BIGINT NOT NULL, rolled BOOLEAN NOT NULL);\n")
	b.WriteString("CREATE TABLE retained (raw_from BIGINT NOT NULL);\nINSERT INTO retained VALUES (0);\n")
	b.WriteString("CREATE TABLE events (")
	for i, c := range columns() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s NOT NULL", c[0], c[1])
	}
	b.WriteString(");\nCREATE TABLE rollup (cube UTINYINT NOT NULL, time BIGINT NOT NULL, kind UTINYINT NOT NULL, synthetic BOOLEAN NOT NULL")
	for _, d := range report.RollupDimensions() {
		fmt.Fprintf(&b, ", %s VARCHAR NOT NULL", d)
	}
	b.WriteString(", n BIGINT NOT NULL, charge BIGINT NOT NULL);\n")
	return b.String()
}

// fromVersion1 moves the events of the first schema, which had no rollups and did not say which record an event came from.
func fromVersion1() string {
	names := make([]string, 0, 40)
	from := make([]string, 0, 40)
	for _, c := range columns() {
		names = append(names, c[0])
		switch c[0] {
		case "journal":
			from = append(from, "'schema-1'")
		case "seq":
			from = append(from, "row_number() OVER ()")
		case "request_high":
			from = append(from, "('0x' || hex(request[1:8]))::UBIGINT")
		case "request_low":
			from = append(from, "('0x' || hex(request[9:16]))::UBIGINT")
		default:
			from = append(from, c[0])
		}
	}
	return "ALTER TABLE events RENAME TO events_1;\nALTER TABLE positions RENAME TO positions_1;\n" + schema() +
		fmt.Sprintf("INSERT INTO events (%s) SELECT %s FROM events_1;\n", strings.Join(names, ", "), strings.Join(from, ", ")) +
		"INSERT INTO positions SELECT journal, next, coalesce((SELECT max(time) FROM events_1), 0) FROM positions_1;\n" +
		fmt.Sprintf("INSERT INTO hours SELECT DISTINCT time // %d, false FROM events_1;\n", store.HourMicros) +
		"DROP TABLE events_1;\nDROP TABLE positions_1;\n"
}

// migrate brings the database to this version, in one transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS placard_schema (version INTEGER NOT NULL)"); err != nil {
		return err
	}
	var found int
	err = tx.QueryRowContext(ctx, "SELECT version FROM placard_schema").Scan(&found)
	var text string
	switch {
	case errors.Is(err, sql.ErrNoRows):
		text = schema() + fmt.Sprintf("INSERT INTO placard_schema VALUES (%d)", version)
	case err != nil:
		return err
	case found > version:
		return &newerError{found}
	case found == version:
		return nil
	default:
		text = fromVersion1() + fmt.Sprintf("UPDATE placard_schema SET version = %d", version)
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("bring the schema to version %d: %w", version, err)
	}
	return tx.Commit()
}
