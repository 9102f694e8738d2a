package journal_test

import (
	"testing"
	"time"

	"github.com/placard/placard/reporting/journal"
)

// Sync waits for the records of a commit that is under way too: they have left the memory that Sync looks through.
func TestSyncWaitsForACommitUnderWay(t *testing.T) {
	j, _, err := journal.Open(journal.Options{Dir: t.TempDir(), Interval: 50 * time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	r := j.Reader(0)
	read := 0
	for n := 1; n <= 300; n++ {
		if err := j.Append([]byte("one record")); err != nil {
			t.Fatal(err)
		}
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(func(uint64, []byte) error { read++; return nil }); err != nil {
			t.Fatal(err)
		}
		if read != n {
			t.Fatalf("%d records were appended and %d are there after Sync", n, read)
		}
	}
}
