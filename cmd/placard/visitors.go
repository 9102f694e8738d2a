package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// saveVisitorsEvery is how often what caps remember is written down. After a crash, what visitors were shown since the last time is forgotten: the
// journal knows readers by a number that changes each day, which caps cannot be rebuilt from, and is not meant to.
const saveVisitorsEvery = 15 * time.Second

func (s *server) visitorsFile() string { return filepath.Join(s.data, "visitors") }

// restoreVisitors makes frequency caps hold over a restart.
func (s *server) restoreVisitors() error {
	f, err := os.Open(s.visitorsFile())
	switch {
	case err == nil:
		defer f.Close()
		if _, err := s.track.LoadVisitors(f); err != nil {
			s.log.Error("frequency caps could not be restored from their file", "file", s.visitorsFile(), "error", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read visitors: %w", err)
	}
	return nil
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
