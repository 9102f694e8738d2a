package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/clickhouse"
	"github.com/placard/placard/reporting/store/duckdb"
)

// dataLock keeps a data directory to one process. It goes with the process, however it ends.
type dataLock struct{ f *os.File }

var errInUse = errors.New("in use")

func lockData(dir string) (*dataLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "placard.lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be written: %w; choose another with --data", dir, plainError(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		b := make([]byte, 16)
		n, _ := f.ReadAt(b, 0)
		return nil, fmt.Errorf("the data directory %s is %w by process %s: stop it, or choose another with --data", dir, errInUse, strings.TrimSpace(string(b[:n])))
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0) // only told to people
	}
	return &dataLock{f}, nil
}

func (l *dataLock) release() { l.f.Close() }

// plainError is the reason without the operation and the path that the sentence around it names.
func plainError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err
}

// openStore opens the store that the configuration names. j, which may be nil, is what a lost store is filled from again.
func openStore(sc configs.Server, j *journal.Journal, log *slog.Logger) (store.Store, string, error) {
	if ch := sc.ClickHouse; ch != nil {
		opts := clickhouse.Options{Addresses: ch.Addresses, HTTP: ch.Protocol == "http", Database: ch.Database, Username: ch.Username,
			Cluster: ch.Cluster, KeepEvents: sc.KeepEvents, KeepRollups: sc.KeepRollups, Log: log}
		if ch.PasswordFile != "" {
			b, err := os.ReadFile(ch.PasswordFile)
			if err != nil {
				return nil, "", fmt.Errorf("read ClickHouse's password: %w", err)
			}
			opts.Password = strings.TrimSpace(string(b))
		}
		s, err := clickhouse.Open(opts)
		if err != nil {
			return nil, "", err
		}
		return s, "clickhouse", nil
	}
	s, o, err := duckdb.Open(duckdb.Options{Path: filepath.Join(sc.Data, "events.duckdb"), KeepEvents: sc.KeepEvents, KeepRollups: sc.KeepRollups, Log: log})
	if err != nil {
		return nil, "", fmt.Errorf("the store in %s cannot be opened: %w", sc.Data, err)
	}
	if o.SetAside != "" {
		log.Error("the store's file would not open; it was set aside and a new one begun with what the journal still holds", "file", o.SetAside, "error", o.Why)
		if j != nil {
			if at := oldest(j); at.IsZero() {
				log.Error("the journal holds no events: reports begin now; what was before is only in the file that was set aside")
			} else {
				log.Error("reports begin with the journal's oldest event; what was before is only in the file that was set aside", "begin", at)
			}
		}
	}
	return s, "duckdb", nil
}

// secret returns the 32 bytes of a file, making it if there is none.
func secret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(b) >= 32 {
		return b, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	b = make([]byte, 32)
	rand.Read(b) // never fails
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return b, nil
}

// adminSocket answers `placard report` on the same machine: whoever may open the file may read everything.
type adminSocket struct {
	ln  net.Listener
	srv *http.Server
}

func socketPath(data string) string { return filepath.Join(data, "placard.sock") }

func listenAdmin(data string, h http.Handler) (*adminSocket, error) {
	path := socketPath(data)
	_ = os.Remove(path) // left behind by a process that was killed: the lock says that nobody else is here
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("protect %s: %w", path, err)
	}
	return &adminSocket{ln: ln, srv: &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}}, nil
}

func (a *adminSocket) serve() { _ = a.srv.Serve(a.ln) } // ends with ErrServerClosed

func (a *adminSocket) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = a.srv.Shutdown(ctx) // a report under way is cut off after five seconds
}
