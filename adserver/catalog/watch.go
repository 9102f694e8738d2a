package catalog

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/placard/placard/configs"
)

// Load reads and compiles a directory, or one file.
func Load(path string) (*Catalog, *configs.Config, configs.Problems) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, configs.Problems{{Pos: configs.Pos{File: path}, Message: "the configuration cannot be read: " + err.Error()}}
	}
	dir, only := path, ""
	if !info.IsDir() {
		dir, only = filepath.Split(path)
		if dir == "" {
			dir = "."
		}
	}
	return LoadFS(os.DirFS(dir), only)
}

// LoadFS is Load for a file system.
func LoadFS(fsys fs.FS, only string) (*Catalog, *configs.Config, configs.Problems) {
	cfg, problems := configs.Load(fsys, only)
	if problems.Errors() > 0 {
		return nil, nil, problems
	}
	c, err := Compile(cfg)
	if err != nil {
		return nil, nil, append(problems, configs.Problem{Pos: configs.Pos{File: "."}, Message: err.Error()})
	}
	return c, cfg, problems
}

// Watcher loads a configuration again when its files change.
type Watcher struct {
	// Path is the directory or file. Required.
	Path string
	// Loaded is called with each new catalog of another revision. Required.
	Loaded func(*Catalog, *configs.Config, configs.Problems)
	// Rejected is called when files changed and hold errors: the catalog before stays in force. Required.
	Rejected func(configs.Problems)
	// Debounce is how long files must be quiet, as one save is several events. 0 means 200 ms.
	Debounce time.Duration
	// Poll is how often files are looked at even without an event, for file systems that send none. 0 means 10 s.
	Poll time.Duration
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// Run watches until ctx ends. revision is that of the catalog in force.
func (w *Watcher) Run(ctx context.Context, revision string) {
	if w.Debounce == 0 {
		w.Debounce = 200 * time.Millisecond
	}
	if w.Poll == 0 {
		w.Poll = 10 * time.Second
	}
	if w.Log == nil {
		w.Log = slog.Default()
	}
	var events <-chan fsnotify.Event
	var errs <-chan error
	n, err := fsnotify.NewWatcher()
	if err != nil {
		w.Log.Warn("watch configuration: falling back to polling", "error", err)
	} else {
		defer func() { _ = n.Close() }() // nothing is lost with it
		events, errs = n.Events, n.Errors
		w.watch(n)
	}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	poll := time.NewTicker(w.Poll)
	defer poll.Stop()
	stamp := w.stamp()
	rejected := ""
	reload := func() {
		stamp = w.stamp()
		c, cfg, problems := Load(w.Path)
		if c == nil {
			// The same mistakes are told once.
			if text := fmt.Sprint(problems); text != rejected {
				rejected = text
				w.Rejected(problems)
			}
			return
		}
		mended := rejected != ""
		rejected = ""
		if c.Revision != revision || mended { // also one that was taken back ends the alarm
			revision = c.Revision
			w.Loaded(c, cfg, problems)
		}
	}
	reload() // what was saved while the process started
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			quiet.Reset(w.Debounce)
		case err := <-errs:
			w.Log.Warn("watch configuration", "error", err)
		case <-quiet.C:
			if n != nil {
				w.watch(n) // directories may be new
			}
			reload()
		case <-poll.C:
			if w.stamp() != stamp {
				reload()
			}
		}
	}
}

// watch adds every directory: an atomic save replaces files, and only their directory sees it.
func (w *Watcher) watch(n *fsnotify.Watcher) {
	_ = filepath.WalkDir(w.root(), func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // a directory that vanished is no longer watched
		}
		if strings.HasPrefix(d.Name(), ".") && p != w.root() {
			return fs.SkipDir
		}
		if err := n.Add(p); err != nil {
			w.Log.Warn("watch configuration", "directory", p, "error", err)
		}
		return nil
	})
}

func (w *Watcher) root() string {
	if info, err := os.Stat(w.Path); err == nil && !info.IsDir() {
		return filepath.Dir(w.Path)
	}
	return w.Path
}

// stamp changes when a file does: names, sizes and times.
func (w *Watcher) stamp() string {
	var b strings.Builder
	_ = filepath.WalkDir(w.root(), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // a file that vanished changes the stamp by its absence
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			fmt.Fprintf(&b, "%s %d %d\n", p, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}
