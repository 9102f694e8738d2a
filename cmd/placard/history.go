package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// historyJournal is the name under which the store knows the demo's made-up past.
const historyJournal = "demo-history"

// The size of the made-up past: page views in a day's busiest hour, and the hours that go to the store together.
const (
	historyPeak  = 260
	historyBlock = 6
)

// historyStep is how far the numbers of a block's records are from those of the next: far more than a block holds. They tell a start that was
// cut off where to go on.
const historyStep = 10_000_000

const historySeed = 20261101

// maxHistory bounds the past: reports answer at most three years, and a demo should start in seconds.
const maxHistory = 90 * 24 * time.Hour

// memoryJournal takes an engine's events where they stand.
type memoryJournal struct {
	events []event.Event
	intern event.Interner
}

func (m *memoryJournal) Append(rec []byte) error {
	var e event.Event
	if err := event.Decode(rec, &e, &m.intern); err != nil {
		return err
	}
	m.events = append(m.events, e)
	return nil
}

func (m *memoryJournal) AppendSync(rec []byte) error { return m.Append(rec) }

// seedHistory lets simulated readers read the paper for the days before today, on a virtual clock, with the server's own configuration and
// decision, and puts what they saw into the store, marked synthetic. A past that was begun is completed; a whole one is left as it is.
func seedHistory(ctx context.Context, s *server, data string, length time.Duration, progress io.Writer, terminal bool) error {
	at, err := s.store.Position(ctx, historyJournal)
	if err != nil {
		return err
	}
	begin, err := historyBegin(filepath.Join(data, "demo-history"), s.opts.Now().Truncate(time.Hour).Add(-length), at > 0)
	if err != nil {
		return err
	}
	blocks := int64(length / (historyBlock * time.Hour))
	first := int64((at + historyStep - 1) / historyStep)
	if first >= blocks {
		return nil
	}
	now := begin
	mem := &memoryJournal{}
	quiet := *s.parts
	quiet.log = slog.New(slog.DiscardHandler)
	e := quiet.engine(engineOptions{Journal: mem, TokenTTL: time.Hour, Now: func() time.Time { return now }})
	if err := e.engine.Load(s.engine.Snapshot().Catalog); err != nil {
		return err
	}
	e.engine.SetReady()
	r := newReaders(e.engine, historySeed)
	r.pass = func(d time.Duration) { now = now.Add(d) }
	zone := s.cfg.Load().Sites[0].Zone

	advance, finish := progressBar(progress, terminal, (blocks-first)*historyBlock)
	defer finish()
	for block := first; block < blocks; block++ {
		for hour := range int64(historyBlock) {
			if err := ctx.Err(); err != nil {
				return err
			}
			start := begin.Add(time.Duration(block*historyBlock+hour) * time.Hour)
			views := int(historyPeak * activity(start.In(zone)) * (0.9 + 0.2*r.rng.Float64()))
			for i := range views {
				now = start.Add(time.Duration(i) * time.Hour / time.Duration(views))
				e.track.Tick(now)
				if err := r.visit(); err != nil {
					return fmt.Errorf("make the demo's past: %w", err)
				}
			}
			advance()
		}
		from := uint64(block) * historyStep
		b := store.Batch{Journal: historyJournal, From: from, To: from + uint64(len(mem.events)), Events: mem.events}
		if err := s.store.Append(ctx, b); err != nil {
			return fmt.Errorf("store the demo's past: %w", err)
		}
		mem.events = mem.events[:0]
	}
	return nil
}

// historyBegin is when the past begins: as an earlier start wrote down, if it has begun to store it.
func historyBegin(path string, begin time.Time, begun bool) (time.Time, error) {
	if b, err := os.ReadFile(path); err == nil && begun {
		if t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b))); err == nil {
			return t, nil
		}
	}
	if err := os.WriteFile(path, []byte(begin.UTC().Format(time.RFC3339)+"\n"), 0o640); err != nil {
		return begin, fmt.Errorf("write down when the demo's past begins: %w", err)
	}
	return begin.UTC(), nil
}

// progressBar shows a bar on a terminal and one line elsewhere.
func progressBar(w io.Writer, terminal bool, total int64) (advance, finish func()) {
	const what = "Making a synthetic past"
	if !terminal {
		fmt.Fprintf(w, "%s: %d hours\n", what, total)
		return func() {}, func() {}
	}
	p := mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	bar := p.AddBar(total,
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.Percentage()),
	)
	return func() { bar.Increment() }, func() {
		bar.Abort(true)
		p.Wait()
	}
}
