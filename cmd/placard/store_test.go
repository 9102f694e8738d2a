package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
	"github.com/placard/placard/reporting/store/storetest"
)

func TestHistoryIsMovedByCommand(t *testing.T) {
	dir := t.TempDir()
	from, to, archive := filepath.Join(dir, "from"), filepath.Join(dir, "to"), filepath.Join(dir, "archive")
	if err := os.MkdirAll(from, 0o750); err != nil {
		t.Fatal(err)
	}
	st, _, err := duckdb.Open(duckdb.Options{Path: filepath.Join(from, "events.duckdb")})
	if err != nil {
		t.Fatal(err)
	}
	events := storetest.RandomEvents(rand.New(rand.NewPCG(1, 2)), 500)
	if err := st.Append(context.Background(), store.Batch{Journal: "j", From: 1, To: 501, Events: events}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	command := func(want int, args ...string) string {
		var out, errs bytes.Buffer
		if got := run(&env{ctx: context.Background(), stdout: &out, stderr: &errs}, args); got != want {
			t.Fatalf("%v: exit %d, want %d: %s", args, got, want, errs.String())
		}
		return out.String() + errs.String()
	}
	report := func(data string) string {
		return command(0, "report", "--data", data, "--from", "2026-10-01", "--to", "2026-12-01", "--by", "day,line_item", "--format", "csv")
	}
	if out := command(0, "store", "export", archive, "--data", from); !strings.Contains(out, "500 events of 1 journals") {
		t.Error(out)
	}
	if out := command(1, "store", "export", archive, "--data", from); !strings.Contains(out, "not empty") {
		t.Error(out)
	}
	if out := command(0, "store", "import", archive, "--data", to); !strings.Contains(out, "counts and sums agree") {
		t.Error(out)
	}
	if a, b := report(from), report(to); a != b || strings.Count(a, "\n") < 10 {
		t.Errorf("the reports differ:\n%s\n%s", a, b)
	}
	lock, err := lockData(to)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.release()
	if out := command(1, "store", "import", archive, "--data", to); !strings.Contains(out, "while no server runs") {
		t.Error(out)
	}
}
