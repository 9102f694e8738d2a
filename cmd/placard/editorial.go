package main

import (
	"errors"
	"path/filepath"

	"github.com/placard/placard/adserver/editorial"
	"github.com/placard/placard/reporting/web"
)

// openSwitch puts in force what the newsroom paused. The switch's file and its record are in the data directory.
func (s *server) openSwitch(data string) (err error) {
	s.editorial, err = editorial.Open(editorial.Options{
		Path: filepath.Join(data, "pauses.yaml"), Record: filepath.Join(data, "pauses.log"), Apply: s.engine.SetPauses, Now: s.opts.Now, Log: s.log,
	})
	return err
}

// webSwitch is the switch as the ops room throws it.
func (s *server) webSwitch() *web.Switch {
	return &web.Switch{
		Pauses: func() ([]web.Pause, string) {
			list, wrong := s.editorial.Pauses()
			out := make([]web.Pause, len(list))
			for i, p := range list {
				out[i] = web.Pause(p)
			}
			if wrong != nil {
				return out, wrong.Error()
			}
			return out, ""
		},
		Recent: func(n int) ([]web.PauseEntry, error) {
			list, err := s.editorial.Recent(n)
			out := make([]web.PauseEntry, len(list))
			for i, e := range list {
				out[i] = web.PauseEntry{At: e.At, Action: e.Action, By: e.By, Pause: web.Pause(e.Pause)}
			}
			return out, err
		},
		Pause: func(p web.Pause, by string) (web.Pause, error) {
			got, err := s.editorial.Pause(editorial.Pause(p), by)
			var wrong *editorial.Error
			if errors.As(err, &wrong) {
				err = &web.PauseError{Field: wrong.Field, Message: wrong.Message}
			}
			return web.Pause(got), err
		},
		Lift: func(id, by string) (bool, error) {
			err := s.editorial.Lift(id, by)
			if errors.Is(err, editorial.ErrUnknown) {
				return false, nil
			}
			return err == nil, err
		},
	}
}
