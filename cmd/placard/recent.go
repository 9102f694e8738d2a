package main

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/reporting/web"
)

// recent keeps the last warnings and errors of the log for the ops room, and hands every line on.
type recent struct {
	slog.Handler
	ring *ring
}

type ring struct {
	mu    sync.Mutex
	lines []web.OpsMessage // newest last; guarded by mu
}

// maxRecent is how many lines are kept: what a person reads.
const maxRecent = 30

func newRecent(next slog.Handler) *recent { return &recent{Handler: next, ring: &ring{}} }

// Enabled keeps warnings even where the log itself is quieter.
func (r *recent) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn || r.Handler.Enabled(ctx, l)
}

// Handle keeps the line and hands it on.
func (r *recent) Handle(ctx context.Context, rec slog.Record) error {
	if rec.Level >= slog.LevelWarn {
		text := rec.Message
		rec.Attrs(func(a slog.Attr) bool {
			text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		r.ring.mu.Lock()
		r.ring.lines = append(r.ring.lines[max(0, len(r.ring.lines)-maxRecent+1):], web.OpsMessage{At: rec.Time, Level: strings.ToLower(rec.Level.String()), Text: text})
		r.ring.mu.Unlock()
	}
	if !r.Handler.Enabled(ctx, rec.Level) {
		return nil
	}
	return r.Handler.Handle(ctx, rec)
}

// WithAttrs and WithGroup share the ring.
func (r *recent) WithAttrs(as []slog.Attr) slog.Handler {
	return &recent{r.Handler.WithAttrs(as), r.ring}
}

// WithGroup shares the ring.
func (r *recent) WithGroup(name string) slog.Handler {
	return &recent{r.Handler.WithGroup(name), r.ring}
}

// messages are the lines, newest first.
func (r *recent) messages() []web.OpsMessage {
	r.ring.mu.Lock()
	defer r.ring.mu.Unlock()
	out := make([]web.OpsMessage, 0, len(r.ring.lines))
	for i := len(r.ring.lines) - 1; i >= 0; i-- {
		out = append(out, r.ring.lines[i])
	}
	return out
}

// revisions remembers which catalogs were in force and what was asked for meanwhile.
type revisions struct {
	mu   sync.Mutex
	list []revision // newest last; guarded by mu
}

type revision struct {
	web.OpsRevision
	slots, filled uint64 // the engine's counts when it came
}

const maxRevisions = 20

// began notes that a catalog came into force.
func (v *revisions) began(id, dir string, at time.Time, n adserver.Counts) {
	who, what := gitSays(dir)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = append(v.list[max(0, len(v.list)-maxRevisions+1):], revision{web.OpsRevision{ID: id, Who: who, What: what, From: at}, n.Slots, n.Filled})
}

// shown are the revisions, newest first, with what was delivered under each.
func (v *revisions) shown(n adserver.Counts) []web.OpsRevision {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]web.OpsRevision, 0, len(v.list))
	slots, filled := n.Slots, n.Filled
	for i := len(v.list) - 1; i >= 0; i-- {
		r := v.list[i].OpsRevision
		r.Slots, r.Filled = slots-v.list[i].slots, filled-v.list[i].filled
		slots, filled = v.list[i].slots, v.list[i].filled
		out = append(out, r)
	}
	return out
}

// gitSays is who made the last commit that touched the configuration, and its subject; nothing without git or a checkout.
func gitSays(path string) (who, what string) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	b, err := exec.CommandContext(ctx, "git", "-C", filepath.Dir(dir), "log", "-1", "--format=%an%x00%s", "--", dir).Output()
	if err != nil {
		return "", ""
	}
	who, what, _ = strings.Cut(strings.TrimSpace(string(b)), "\x00")
	return who, what
}
