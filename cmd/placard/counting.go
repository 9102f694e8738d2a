package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
)

// conversionTTL is how long after a click its conversion counts: what advertisers and networks mostly agree on.
const conversionTTL = 30 * 24 * time.Hour

// counting is what makes each event count once: over restarts and, with a Redis, over instances.
type counting struct {
	salts       *beacon.Salts
	conversions *beacon.Conversions
	shared      *beacon.Shared // nil: this instance is the only one
	keysPath    string
	keys        []beacon.Key
	signer      *beacon.Signer
	told        string // what was last said to be wrong with the keys
}

func (s *server) openCounting(sc configs.Server, keys []beacon.Key) error {
	c := &counting{keysPath: filepath.Join(sc.Data, "keys"), keys: keys}
	s.counting = c
	salts := beacon.SaltOptions{Path: filepath.Join(sc.Data, "visitor-salt"), Log: s.log}
	if r := sc.Redis; r != nil {
		opts := rueidis.ClientOption{InitAddress: r.Addresses, Username: r.Username}
		if r.PasswordFile != "" {
			b, err := os.ReadFile(r.PasswordFile)
			if err != nil {
				return fmt.Errorf("read Redis's password: %w", err)
			}
			opts.Password = strings.TrimSpace(string(b))
		}
		c.shared = beacon.NewShared(beacon.SharedOptions{
			Redis: opts, Instance: s.journal.ID(), Prefix: r.Prefix, Life: sc.TokenTTL, ConversionLife: conversionTTL, Strict: r.Strict, Log: s.log,
		})
		salts.Share = c.shared.Salt
	}
	c.salts = beacon.OpenSalts(salts)
	var err error
	c.conversions, err = beacon.OpenConversions(journal.Options{Dir: filepath.Join(sc.Data, "conversions")}, conversionTTL)
	return err
}

// restoreCounted reads back what was counted before a restart: tokens that have not expired are all in segments that are still here.
func (s *server) restoreCounted(ttl time.Duration) error {
	var ev event.Event
	var intern event.Interner
	err := s.journal.ReaderSince(s.opts.Now().Add(-ttl - time.Hour)).Read(func(_ uint64, rec []byte) error {
		if event.Decode(rec, &ev, &intern) == nil {
			return s.engine.Restore(&ev)
		}
		return nil // the shipper says so
	})
	if err != nil {
		return err
	}
	if err := s.counting.shared.Recover(context.Background(), s.engine.Remembers); err != nil {
		// What this instance had claimed stays refused elsewhere until the tokens expire. That is no reason not to serve.
		s.log.Error("claims from before the restart could not be settled", "error", err)
	}
	return nil
}

// reloadKeys puts the ring of the keys file in force if it changed: a key that was added signs from its time on, on all instances.
func (c *counting) reloadKeys() error {
	keys, err := beacon.LoadKeys(c.keysPath)
	if err != nil || slices.Equal(keys, c.keys) {
		return err
	}
	if err := c.signer.SetKeys(keys); err != nil {
		return err
	}
	c.keys = keys
	return nil
}

// keysBroken says once what is wrong with the keys file; the ring before stays in force.
func (s *server) keysBroken(err error) {
	if text := err.Error(); text != s.counting.told {
		s.counting.told = text
		s.log.Error("the changed signing keys cannot be read; those before stay in force", "error", err)
	}
}

// writeMetrics prints the state of what counts and keeps events.
func (s *server) writeMetrics(w io.Writer) {
	s.journal.WriteMetrics(w)
	s.shipper.WriteMetrics(w)
	s.counting.shared.WriteMetrics(w)
}

func (c *counting) close() error {
	c.shared.Close()
	if c.conversions == nil {
		return nil
	}
	return c.conversions.Close()
}
