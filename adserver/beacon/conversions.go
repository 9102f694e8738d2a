package beacon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
)

// Conversions remembers which clicks were converted for as long as click ids are valid: weeks, far longer than the journal of events
// is kept. It has a small journal of its own, with nothing but ids in it.
type Conversions struct {
	journal *journal.Journal
	seen    *Seen
}

const conversionRecord = 16 + 1 + 8 // request, slot, Unix seconds

// OpenConversions reads the conversions of a directory. Their ids are valid for the given time, at most. Nil FS of the journal's options and a
// zero Retain are filled in.
func OpenConversions(o journal.Options, life time.Duration) (*Conversions, error) {
	if o.Retain == 0 {
		o.Retain = life + time.Hour
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 1 << 20 // some 25,000 conversions: space comes back within the life of a few segments
	}
	j, _, err := journal.Open(o)
	if err != nil {
		return nil, fmt.Errorf("open conversions: %w", err)
	}
	c := &Conversions{journal: j, seen: NewSeen(life)}
	err = j.Reader(0).Read(func(seq uint64, rec []byte) error {
		if len(rec) != conversionRecord {
			return errors.New("a record is no conversion: the directory belongs to something else")
		}
		id := event.ID{Request: [16]byte(rec), Slot: rec[16], Kind: event.Conversion}
		c.seen.Add(id, int64(binary.LittleEndian.Uint64(rec[17:])))
		j.Release(seq + 1) // only its age keeps it
		return nil
	})
	if err != nil {
		_ = j.Close() // the error before says more
		return nil, fmt.Errorf("open conversions: %w", err)
	}
	return c, nil
}

// Seen is the memory of conversions that were counted.
func (c *Conversions) Seen() *Seen { return c.seen }

// Keep writes down a conversion that was counted at an instant. It returns once it is on disk.
func (c *Conversions) Keep(id event.ID, at time.Time) error {
	var rec [conversionRecord]byte
	copy(rec[:], id.Request[:])
	rec[16] = id.Slot
	binary.LittleEndian.PutUint64(rec[17:], uint64(at.Unix()))
	if err := c.journal.AppendSync(rec[:]); err != nil {
		return err
	}
	c.journal.Release(c.journal.Stats().Next)
	return nil
}

// Restore takes note of a conversion that the journal of events holds: one that the process could not keep before it ended.
func (c *Conversions) Restore(e *event.Event) error {
	at := time.UnixMicro(e.Time)
	if !c.seen.Add(e.ID, at.Unix()) {
		return nil
	}
	return c.Keep(e.ID, at)
}

// Close closes the journal of conversions.
func (c *Conversions) Close() error { return c.journal.Close() }
