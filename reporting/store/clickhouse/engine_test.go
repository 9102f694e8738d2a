//go:build engine

package clickhouse_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/clickhouse"
	"github.com/placard/placard/reporting/store/clickhouse/chdbtest"
	"github.com/placard/placard/reporting/store/storetest"
)

// server is the one engine of this package's tests; each test has a database of its own.
var server *chdbtest.Server

func TestMain(m *testing.M) {
	chdbtest.Main()
	dir, err := os.MkdirTemp("", "chdb")
	if err == nil {
		server, err = chdbtest.Start(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	server.Stop()
	os.RemoveAll(dir)
	os.Exit(code)
}

var databases atomic.Int64

// open returns a store on a new database.
func open(t *testing.T, change ...func(*clickhouse.Options)) store.Store {
	t.Helper()
	opts := clickhouse.Options{Addresses: []string{server.Addr}, HTTP: true, Database: fmt.Sprintf("t%d", databases.Add(1)), RollAfter: time.Nanosecond, RollEvery: -1}
	for _, c := range change {
		c(&opts)
	}
	s, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t) })
}

func TestTheServerIsReachedAtFirstUse(t *testing.T) {
	s := open(t, func(o *clickhouse.Options) { o.Addresses = []string{"127.0.0.1:1"} })
	if err := s.Ping(context.Background()); err == nil {
		t.Error("a server that is not there answers")
	}
}

func TestRetention(t *testing.T) {
	s := open(t, func(o *clickhouse.Options) {
		o.KeepEvents, o.Now = 7*24*time.Hour, storetest.Later()
	})
	storetest.Retention(t, s, func() int64 {
		sums, err := s.(store.History).Journals(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(sums) == 0 {
			return 0
		}
		return sums[0].Events
	})
}
