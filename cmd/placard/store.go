package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
)

// storeCmd moves history between stores. Its two commands work on the store that the configuration names, while no server does.
type storeCmd struct {
	Export storeExportCmd `cmd:"" help:"Write all events of the store to a new directory of Parquet files, and compare counts and sums."`
	Import storeImportCmd `cmd:"" help:"Add the events of such a directory to the store, and compare counts and sums."`
}

// storeFlags say which store.
type storeFlags struct {
	Dir    string `arg:"" help:"Directory of Parquet files."`
	Data   string `placeholder:"DIR" help:"Data directory. Default: the configuration's, or placard-data."`
	Config string `placeholder:"PATH" help:"Configuration: needed when the store is ClickHouse."`
}

type storeExportCmd struct{ storeFlags }

type storeImportCmd struct{ storeFlags }

// with opens the store, keeps servers away from it, and runs fn.
func (c storeFlags) with(e *env, fn func(st store.Store, kind string) error) error {
	server := configs.Server{Data: "placard-data"}
	if c.Config != "" {
		cfg, err := loadServerConfig(e, c.Config)
		if err != nil {
			return err
		}
		server = cfg.Server
	}
	if c.Data != "" {
		server.Data = c.Data
	}
	if err := os.MkdirAll(server.Data, 0o750); err != nil {
		return fmt.Errorf("the data directory cannot be made: %w; choose another with --data", plainError(err))
	}
	lock, err := lockData(server.Data)
	if errors.Is(err, errInUse) {
		return fmt.Errorf("%w: history can only be moved while no server runs on it", err)
	}
	if err != nil {
		return err
	}
	defer lock.release()
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	st, kind, err := openStore(server, nil, log)
	if err != nil {
		return err
	}
	if err := fn(st, kind); err != nil {
		return errors.Join(err, st.Close())
	}
	return st.Close()
}

func (c storeExportCmd) Run(e *env) error {
	return c.with(e, func(st store.Store, kind string) error {
		sums, err := duckdb.Export(e.ctx, st.(store.History), c.Dir, c.progress(e, "exported"))
		if err != nil {
			return err
		}
		c.tell(e, "exported from "+kind+" to "+c.Dir, sums)
		return nil
	})
}

func (c storeImportCmd) Run(e *env) error {
	return c.with(e, func(st store.Store, kind string) error {
		sums, err := duckdb.Import(e.ctx, c.Dir, st, c.progress(e, "imported"))
		if err != nil {
			return err
		}
		c.tell(e, "imported from "+c.Dir+" into "+kind, sums)
		return nil
	})
}

// progress tells how far it is, every two seconds.
func (c storeFlags) progress(e *env, what string) func(done, total int64) {
	told := time.Now()
	return func(done, total int64) {
		if time.Since(told) > 2*time.Second {
			told = time.Now()
			fmt.Fprintf(e.stderr, "%s %d of %d events\n", what, done, total)
		}
	}
}

func (c storeFlags) tell(e *env, what string, sums []store.JournalSum) {
	var events, charge int64
	for _, j := range sums {
		events += j.Events
		charge += j.Charge
	}
	fmt.Fprintf(e.stdout, "%d events of %d journals %s; counts and sums agree (charges %d micros)\n", events, len(sums), what, charge)
}

// oldest is the time of the first event that the journal still holds, zero if it holds none.
func oldest(j *journal.Journal) (at time.Time) {
	enough := errors.New("enough")
	err := j.Reader(0).Read(func(_ uint64, rec []byte) error {
		var e event.Event
		if event.Decode(rec, &e, nil) == nil {
			at = time.UnixMicro(e.Time).UTC()
			return enough
		}
		return nil // of a later version
	})
	if err != nil && !errors.Is(err, enough) {
		return time.Time{}
	}
	return at
}
