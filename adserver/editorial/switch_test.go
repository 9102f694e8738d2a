package editorial

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/placard/placard/adserver/decision"
)

type fixture struct {
	*Switch
	dir   string
	now   atomic.Int64 // Unix seconds
	inUse atomic.Pointer[decision.Pauses]
	calls atomic.Int64
}

func (f *fixture) clock() time.Time { return time.Unix(f.now.Load(), 0).UTC() }

func open(t *testing.T, dir string) (*fixture, error) {
	t.Helper()
	f := &fixture{dir: dir}
	f.now.Store(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Unix())
	var err error
	f.Switch, err = Open(Options{
		Path: filepath.Join(dir, "pauses.yaml"), Record: filepath.Join(dir, "pauses.log"), Now: f.clock,
		Apply: func(p *decision.Pauses) { f.inUse.Store(p); f.calls.Add(1) },
	})
	return f, err
}

func (f *fixture) save(t *testing.T, text string) {
	t.Helper()
	tmp := filepath.Join(f.dir, "tmp")
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(f.dir, "pauses.yaml")); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) ids(t *testing.T) string {
	t.Helper()
	list, _ := f.Pauses()
	var ids []string
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return strings.Join(ids, " ")
}

func (f *fixture) actions(t *testing.T) string {
	t.Helper()
	list, err := f.Recent(100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Action+" "+e.Pause.ID+" by "+e.By)
	}
	return strings.Join(out, "; ")
}

func TestPauseHoldsEndsAndIsOnTheRecord(t *testing.T) {
	dir := t.TempDir()
	f, err := open(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Pause(Pause{ID: "quake", Until: f.clock().Add(time.Hour), Reason: "earthquake", Topics: []string{"Travel"}}, "ops")
	if err != nil {
		t.Fatal(err)
	}
	if p.Topics[0] == "Travel" || p.From.IsZero() || p.By != "ops" {
		t.Errorf("the pause is not completed: %+v", p)
	}
	if _, err := f.Pause(Pause{ID: "bank", Until: f.clock().Add(3 * time.Hour), Reason: "asked by phone", Advertisers: []string{"dariya-bank"}}, "ops"); err != nil {
		t.Fatal(err)
	}
	again, err := open(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.ids(t); got != "quake bank" {
		t.Errorf("after a restart %q hold", got)
	}
	f.now.Add(3600)
	f.look()
	if got := f.ids(t); got != "bank" {
		t.Errorf("an hour later %q hold", got)
	}
	if err := f.Lift("bank", "sara"); err != nil {
		t.Fatal(err)
	}
	if err := f.Lift("bank", "sara"); !errors.Is(err, ErrUnknown) {
		t.Errorf("lifting twice: %v", err)
	}
	if got, want := f.actions(t), "lifted bank by sara; ended quake by time; paused bank by ops; paused quake by ops"; !strings.HasPrefix(got, want[:len("lifted bank by sara; ended quake by time; ")]) || !strings.HasSuffix(got, "paused quake by ops") {
		t.Errorf("on the record: %s", got)
	}
	b, err := os.ReadFile(filepath.Join(dir, "pauses.yaml"))
	if err != nil || strings.Contains(string(b), "quake") || strings.Contains(string(b), "bank") {
		t.Errorf("the file still says %s %v", b, err)
	}
}

func TestFileIsTakenWithinTwoSeconds(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, err := open(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		f.save(t, "pauses:\n  - {id: a, until: 2026-11-24T13:00:00Z, reason: r, sections: [World]}\n")
		time.Sleep(2 * time.Second) // the bubble's clock
		if got := f.ids(t); got != "a" {
			t.Errorf("two seconds after the save %q hold", got)
		}
		f.save(t, "pauses:\n  - {id: a, untl: 2026-11-24T13:00:00Z, reason: r}\n")
		time.Sleep(2 * time.Second)
		if got := f.ids(t); got != "a" {
			t.Errorf("a mistake ended the pauses: %q hold", got)
		}
		if _, wrong := f.Pauses(); wrong == nil || !strings.Contains(wrong.Error(), "untl") {
			t.Errorf("the mistake is not told: %v", wrong)
		}
		if _, err := f.Pause(Pause{Until: f.clock().Add(time.Hour), Reason: "r"}, "ops"); err == nil {
			t.Error("a call overwrote a file with a mistake in it")
		}
		if got := f.ids(t); got != "a" {
			t.Errorf("a refused call left %q", got)
		}
		f.save(t, "pauses: []\n")
		time.Sleep(2 * time.Second)
		if got := f.ids(t); got != "" {
			t.Errorf("an empty file left %q", got)
		}
		cancel()
		<-done
	})
}

func TestPausesThatCannotBe(t *testing.T) {
	f, err := open(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ok := Pause{Until: f.clock().Add(time.Hour), Reason: "r"}
	for want, change := range map[string]func(*Pause){
		"until: say when":       func(p *Pause) { p.Until = time.Time{} },
		"until: the pause ends": func(p *Pause) { p.Until = f.clock().Add(-time.Hour) },
		"until: a pause lasts":  func(p *Pause) { p.Until = f.clock().Add(32 * 24 * time.Hour) },
		"reason: say why":       func(p *Pause) { p.Reason = " " },
		"reason: is longer":     func(p *Pause) { p.Reason = strings.Repeat("x", 501) },
		"topics: there is no":   func(p *Pause) { p.Topics = []string{"Holidays on Mars"} },
		"id: must be":           func(p *Pause) { p.ID = "../x" },
		"sections: holds a":     func(p *Pause) { p.Sections = []string{""} },
		"advertisers: has more": func(p *Pause) { p.Advertisers = make([]string, 201) },
		"until: is in the past": func(p *Pause) { p.From, p.Until = f.clock().Add(-2*time.Hour), f.clock().Add(-time.Hour) },
	} {
		p := ok
		change(&p)
		if _, err := f.Pause(p, "ops"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
	if got := f.ids(t); got != "" {
		t.Errorf("%q hold", got)
	}
	f.save(t, "pauses: [{until: yesterday, reason: r}]\n")
	if _, err := open(t, f.dir); err == nil {
		t.Error("a server starts without the pauses that its file means")
	}
}

func FuzzFile(f *testing.F) {
	f.Add("pauses:\n  - {id: a, until: 2026-11-24T13:00:00Z, reason: r, urls: [\"*/war/*\"]}\n")
	f.Add("pauses: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "pauses.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = open(t, dir) // must not panic
	})
}
