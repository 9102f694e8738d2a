package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/reporting/event"
)

// saveVisitorsEvery is how often what caps remember is written down. The journal holds what came since: it keeps hours of it.
const saveVisitorsEvery = 5 * time.Minute

func (s *server) visitorsFile() string { return filepath.Join(s.data, "visitors") }

// restoreVisitors makes frequency caps hold over a restart: from the file, and from the journal what came after it was written.
func (s *server) restoreVisitors() error {
	var since time.Time
	f, err := os.Open(s.visitorsFile())
	switch {
	case err == nil:
		defer f.Close()
		since, err = s.track.LoadVisitors(f)
		if err != nil {
			s.log.Error("frequency caps are restored from the journal alone", "file", s.visitorsFile(), "error", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read visitors: %w", err)
	}
	snap := s.engine.Snapshot()
	var ev event.Event
	var intern event.Interner
	return s.journal.Reader(0).Read(func(_ uint64, rec []byte) error {
		read := event.Decode(rec, &ev, &intern) == nil // the shipper says if not
		if !read || ev.Visitor == 0 || ev.LineItem == "" || !ev.Valid() {
			return nil
		}
		at := time.UnixMicro(ev.Time)
		if at.Unix() < since.Unix() {
			return nil
		}
		var of catalog.Measure
		switch ev.Kind {
		case event.Request: // a serve: what caps of impressions count
		case event.Viewable:
			of = catalog.Viewable
		case event.Click:
			of = catalog.Clicks
		default:
			return nil
		}
		if ord, ok := snap.Catalog.LineItem(catalog.LineItemKey{Advertiser: ev.Advertiser, Campaign: ev.Campaign, LineItem: ev.LineItem}); ok {
			snap.Delivery.RestoreVisitor(delivery.Observation{LineItem: ord, Creative: -1, Of: of, Visitor: ev.Visitor, At: at})
		}
		return nil
	})
}

// keepVisitors writes down what caps remember until ctx ends.
func (s *server) keepVisitors(ctx context.Context) {
	tick := time.NewTicker(saveVisitorsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.saveVisitors()
		}
	}
}

// saveVisitors replaces the file in one step.
func (s *server) saveVisitors() {
	if err := s.writeVisitors(); err != nil {
		s.log.Warn("frequency caps could not be written down; the journal has what came since they last were", "error", err)
	}
}

func (s *server) writeVisitors() error {
	tmp := s.visitorsFile() + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	err = s.track.SaveVisitors(f, s.opts.Now())
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, s.visitorsFile()); err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	return nil
}
